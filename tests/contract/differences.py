"""What of a JSON Schema changed so that somebody who rests on it would trip."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.contract.event_schemas import Schema

_WORDS = ("title", "description", "$comment", "$schema", "example", "examples")
_CONSTRAINTS = (
    "type",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minProperties",
    "maxProperties",
    "uniqueItems",
    "propertyNames",
)
_PARTS = ("allOf", "anyOf", "oneOf")
# Not looked into: any change of one is named.
_OTHERS = ("not", "if", "then", "else", "contains", "dependentRequired")


def differences(
    old: Any, new: Any, where: tuple[str, ...], *, sent: bool = False
) -> Iterator[tuple[tuple[str, ...], str]]:
    """
    Each change that breaks somebody: where it is, and what.

    Args:
        sent: it describes what others send us, so taking more breaks nobody; if not, what they
            read.
    """
    if isinstance(old, bool) or isinstance(new, bool):
        if old != new:
            yield where, f"was {json.dumps(old)} and is {json.dumps(new)}"
        return
    for word in _CONSTRAINTS:
        before, now = old.get(word), new.get(word)
        if before != now and not (sent and _looser(word, before, now)):
            yield where, f"has another {word}: {before!r} became {now!r}"
    for word in _PARTS:
        yield from _parts(word, old.get(word, []), new.get(word, []), where, sent=sent)
    for word in _OTHERS:
        if old.get(word) != new.get(word):
            yield where, f"has another {word}"
    yield from _enumerated(old, new, where)
    for name in sorted({*old.get("required", ())} ^ {*new.get("required", ())}):
        if name in new.get("required", ()):
            yield (*where, name), "is required, and was not"
        elif not sent:
            yield (*where, name), "is not required any more"
    if new.get("additionalProperties", True) is False and (
        old.get("additionalProperties", True) is not False
    ):
        yield where, "takes no further fields, and did"
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield (*where, name), "is gone"
        else:
            yield from differences(field, new["properties"][name], (*where, name), sent=sent)
    for word in ("items", "additionalProperties"):
        if isinstance(old.get(word), dict):
            yield from differences(old[word], new.get(word, {}), (*where, word), sent=sent)


def _parts(
    word: str, old: Sequence[Any], new: Sequence[Any], where: tuple[str, ...], *, sent: bool
) -> Iterator[tuple[tuple[str, ...], str]]:
    if len(old) != len(new):
        yield where, f"has another {word}"
        return
    for before, now in zip(old, new, strict=True):
        yield from differences(before, now, where, sent=sent)


def _looser(word: str, before: Any, now: Any) -> bool:
    """Whether a constraint now takes all that it took."""
    if now is None:
        return True
    if before is None:
        return False
    if word == "type":
        return _types(before) <= _types(now)
    if word.startswith("max"):
        return now > before
    return word.startswith("min") and now < before


def _types(told: Any) -> set[str]:
    return {told} if isinstance(told, str) else set(told)


def _enumerated(
    old: Schema, new: Schema, where: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if "enum" not in old:
        if "enum" in new:
            yield where, "takes certain values only, and took any"
        return
    gone = [value for value in old["enum"] if value not in new.get("enum", old["enum"])]
    if gone:
        yield where, f"is never {', '.join(map(repr, gone))} any more"


def silent(schema: Any, *, names: bool = False) -> Any:
    """Without words for people; below `properties` every key is a field's name."""
    if isinstance(schema, list):
        return [silent(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: silent(value, names=key == "properties" and not names)
        for key, value in schema.items()
        if names or key not in _WORDS
    }
