"""Tags: what AWS takes, and what is the stack's own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

OWN = ("project", "stack", "shared-with")
"""What the stack tags by itself, and finds its keys and secrets by."""
LONGEST_KEY, LONGEST_VALUE = 128, 256
MOST = 50 - len(OWN)
"""[aws] A resource has at most 50 tags ("Tag naming limits and requirements"); some are ours."""
_SIGNS = "_.:/=+-@"


def wrong_key(key: str) -> str | None:
    """Why AWS, or the stack, does not take a tag's key; None if it does."""
    if not key.strip() or key != key.strip():
        return "is empty, or begins or ends with a blank: write it without"
    if key.casefold().startswith("aws:"):
        return "begins with aws:, which AWS keeps for itself: use another key"
    if len(key) > LONGEST_KEY:
        return f"has {len(key)} characters, and AWS takes {LONGEST_KEY}: shorten it"
    return _wrong_signs(key)


def wrong_value(value: Any) -> str | None:
    """Why AWS does not take a tag's value; None if it does. The value is not repeated."""
    if not isinstance(value, str):
        return f"has a value of kind {type(value).__name__}: write text, in quotes"
    if len(value) > LONGEST_VALUE:
        return f"has a value of {len(value)} characters, and AWS takes {LONGEST_VALUE}: shorten it"
    return _wrong_signs(value)


def _wrong_signs(text: str) -> str | None:
    if all(one in _SIGNS or unicodedata.category(one)[0] in "LNZ" for one in text):
        return None
    return f"holds a character that AWS refuses: use letters, digits, blanks and {_SIGNS}"


def wrong_tags(where: str, tags: Mapping[str, Any]) -> Iterator[str]:
    """One line for each tag that AWS would refuse half-way through a deployment."""
    for key, value in tags.items():
        if why := wrong_key(key) or wrong_value(value):
            yield f"{where}.{key[:LONGEST_KEY]} {why}"


def wrong_together(given: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """
    What AWS would refuse of all tags of a resource: those of each setting, and the stack's own.

    Args:
        given: the tags by the setting that they are from.
    """
    where = " and ".join(name for name, tags in given.items() if tags)
    names = {key for tags in given.values() for key in tags} - {*OWN}
    if len(names) > MOST:
        has = "has" if sum(map(bool, given.values())) == 1 else "together have"
        yield (
            f"{where} {has} {len(names)} tags, and AWS allows {MOST} besides the stack's own: "
            "remove some"
        )
    # [aws] IAM, "Tagging IAM resources": keys that differ by case alone are one key.
    alike: dict[str, set[str]] = {}
    for key in (*names, *OWN):
        alike.setdefault(key.casefold(), set()).add(key)
    for keys in alike.values():
        if len(keys) > 1:
            ours = "" if keys.isdisjoint(OWN) else ", and the stack sets one of them itself"
            yield (
                f"{where}: the keys {' and '.join(sorted(keys))} differ by upper and lower case "
                f"only{ours}: keep one"
            )


def _taken(tags: dict[str, Any]) -> dict[str, str]:
    for key in tags:
        if key.casefold() in OWN:
            raise ValueError(f"{key} is a tag that the stack sets itself: use another key")
    # Their order means nothing, so it must change no resource.
    return dict(sorted(tags.items()))


Tags = Annotated[dict[str, Any], AfterValidator(_taken)]
"""A map of tags; `wrong_tags` says what is wrong with each, `wrong_together` with all of them."""
