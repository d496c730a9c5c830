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
    if len({key.casefold() for key in tags}) < len(tags):
        # [aws] IAM, "Tagging IAM resources": keys that differ by case alone are one key.
        yield f"{where} has two keys that differ by upper and lower case only: keep one"
    if len(tags) > MOST:
        yield f"{where} has {len(tags)} tags, and AWS takes {MOST} besides ours: remove some"


def _taken(tags: dict[str, Any]) -> dict[str, str]:
    for key in tags:
        if key.casefold() in OWN:
            raise ValueError(f"{key} is a tag that the stack sets itself: use another key")
    # Their order means nothing, so it must change no resource.
    return dict(sorted(tags.items()))


Tags = Annotated[dict[str, Any], AfterValidator(_taken)]
"""A map of tags; `wrong_tags` says what is wrong with each."""
