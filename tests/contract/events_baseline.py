"""
The baseline of the event schemas, and the changes since then that break readers of events.

Breaking: an event type or a field is gone; a type, a format or another constraint changed; a value
of an enum is gone; a field became required, or is not required any more. Anything added is fine.

`python -m tests.contract.events_baseline` (`make events-baseline`) renews the baseline on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.event_schemas import CONTRACTS, EVENT, Schema, resolved, schemas

BASELINE = CONTRACTS / "events-baseline.json"
_WORDS = ("title", "description", "$comment", "$schema")
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
    "propertyNames",
)


def present() -> dict[str, Schema]:
    """The schemas as they are in contracts/events, by `$id`, without what is only for people."""
    return {name: _silent(schema) for name, schema in schemas().items()}


def breaking(before: Mapping[str, Schema], now: Mapping[str, Schema]) -> Iterator[str]:
    """Say what readers of events would trip over, one line each: which event, where, and what."""
    for kind in _events(before):
        if kind not in now:
            yield f"{_name(kind)}: the event type is gone"
            continue
        old, new = resolved(before[kind], kind, before), resolved(now[kind], kind, now)
        for where, what in _differences(old, new, ()):
            yield f"{_name(kind)}: {'.'.join(where) or 'the event'} {what}"


def _differences(
    old: Any, new: Any, where: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(old, bool) or isinstance(new, bool):
        if old != new:
            yield where, f"was {json.dumps(old)} and is {json.dumps(new)}"
        return
    for word in _CONSTRAINTS:
        if old.get(word) != new.get(word):
            yield where, f"has another {word}: {old.get(word)!r} became {new.get(word)!r}"
    yield from _enumerated(old, new, where)
    for name in sorted({*old.get("required", ())} ^ {*new.get("required", ())}):
        added = name in new.get("required", ())
        what = "is required, and was not" if added else "is not required any more"
        yield (*where, name), what
    if new.get("additionalProperties", True) is False and (
        old.get("additionalProperties", True) is not False
    ):
        yield where, "takes no further fields, and did"
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield (*where, name), "is gone"
        else:
            yield from _differences(field, new["properties"][name], (*where, name))
    for word in ("items", "additionalProperties"):
        if isinstance(old.get(word), dict):
            yield from _differences(old[word], new.get(word, {}), (*where, word))


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


def _events(schemas: Mapping[str, Schema]) -> list[str]:
    return [name for name in schemas if "." in _name(name)]


def _name(urn: str) -> str:
    return urn.removeprefix(EVENT)


def _silent(schema: Any, *, names: bool = False) -> Any:
    """Without words for people; below `properties` every key is a field's name."""
    if isinstance(schema, list):
        return [_silent(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _silent(value, names=key == "properties" and not names)
        for key, value in schema.items()
        if names or key not in _WORDS
    }


if __name__ == "__main__":
    BASELINE.write_text(json.dumps(present(), indent=1, ensure_ascii=False) + "\n", "utf-8")
