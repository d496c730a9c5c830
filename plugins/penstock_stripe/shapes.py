"""
Reading Stripe's JSON tolerantly: what is absent, odd or impossible is None, never an error.

The shapes are those of API version `client.VERSION` (github.com/stripe/openapi and the `stripe`
package). A webhook has the version of its endpoint, so older shapes come, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

ID = re.compile(r"[A-Za-z0-9_]{1,255}", re.ASCII)
"""What an id may look like before it enters a path: Stripe's have up to 255 characters."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON's escapes can write and no database takes."""


def parse(body: bytes) -> Mapping[str, Any]:
    """
    A body as a JSON object; numbers with a point keep their text, which a float would round.

    Raises:
        ValueError: it is none.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_float=str, parse_constant=_refuse)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return cast(Mapping[str, Any], value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def mapping(value: object, *path: str) -> Mapping[str, Any]:
    """The object at the end of a path of names, else an empty one."""
    found = at(value, *path)
    return cast(Mapping[str, Any], found) if isinstance(found, dict | Mapping) else {}


def listed(value: object, *path: str) -> Sequence[Any]:
    """The list there, also that of a list object (`{"data": [...]}`), else an empty one."""
    found = at(value, *path)
    if isinstance(found, dict):
        found = cast(dict[str, Any], found).get("data")
    return cast(Sequence[Any], found) if isinstance(found, list) else ()


def at(value: object, *path: str) -> Any:
    """What is at the end of a path of names, or None."""
    for name in path:
        if not isinstance(value, dict | Mapping):
            return None
        value = cast(Mapping[str, Any], value).get(name)
    return value


def text(value: object, *path: str) -> str | None:
    """The text there, unless it is empty, no text, or half a character no database takes."""
    found = at(value, *path)
    if not isinstance(found, str) or not found:
        return None
    return None if _HALF.search(found) else found


def identity(value: object, *path: str) -> str | None:
    """The id there, of an object that is expanded or not, if it is one that may enter a path."""
    found = at(value, *path)
    if isinstance(found, dict):
        found = cast(dict[str, Any], found).get("id")
    return found if isinstance(found, str) and ID.fullmatch(found) else None


def code(value: object, *path: str) -> str | None:
    """The short code there; a provider's prose is none."""
    found = at(value, *path)
    return found if isinstance(found, str) and _CODE.fullmatch(found) else None


def number(value: object, *path: str) -> int | None:
    """The whole number there."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def moment(value: object, *path: str) -> datetime | None:
    """The time there, which Stripe writes in seconds since 1970."""
    seconds = number(value, *path)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
