"""An event's data, read field by field as the tables need it (contracts/events)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

_BIGINT = 2**63


class Unfit(ValueError):
    """An event that no row can hold; says which field and the kind of its value, no value."""


def text(data: Mapping[str, Any], *place: str) -> str | None:
    """A text, such as `text(data, "plan", "id")`; None where it is left out."""
    found = _at(data, place)
    if found is None or isinstance(found, str):
        return found
    raise _unfit(place, found, "text")


def needed(data: Mapping[str, Any], *place: str) -> str:
    """A text that must be there."""
    found = text(data, *place)
    if found is None:
        raise _unfit(place, found, "text")
    return found


def integer(data: Mapping[str, Any], *place: str) -> int | None:
    """An integer that a bigint holds; None where it is left out."""
    found = _at(data, place)
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool):
        raise _unfit(place, found, "an integer")
    if not -_BIGINT <= found < _BIGINT:
        raise Unfit(f"data.{'.'.join(place)} is larger than a bigint")
    return found


def money(data: Mapping[str, Any], *place: str) -> tuple[int | None, str | None]:
    """Minor units and currency; both None where the amount is left out."""
    if _at(data, place) is None:
        return None, None
    minor = integer(data, *place, "minor")
    if minor is None:
        raise _unfit((*place, "minor"), None, "an integer")
    return minor, needed(data, *place, "currency")


def flag(data: Mapping[str, Any], *place: str) -> bool:
    """A boolean that must be there."""
    found = _at(data, place)
    if not isinstance(found, bool):
        raise _unfit(place, found, "true or false")
    return found


def moment(data: Mapping[str, Any], *place: str) -> datetime | None:
    """A time with its offset; None where it is left out."""
    written = text(data, *place)
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise _unfit(place, written, "a time") from None
    if at.tzinfo is None:
        raise _unfit(place, written, "a time with its offset")
    return at


def texts(data: Mapping[str, Any], *place: str) -> list[str]:
    """A list of texts; empty where it is left out."""
    found = _at(data, place)
    if found is None:
        return []
    if isinstance(found, list):
        listed = cast("list[Any]", found)
        if all(isinstance(one, str) for one in listed):
            return listed
    raise _unfit(place, found, "a list of texts")


def storable(value: Any) -> Any:
    """
    The value with its texts as PostgreSQL can keep them, keys included.

    A text there holds no NUL, and UTF-8 no half of a surrogate pair; both become U+FFFD.
    """
    match value:
        case str():
            whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return whole.replace("\0", "\ufffd")
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return {storable(name): storable(one) for name, one in pairs}
        case list():
            return [storable(one) for one in cast("list[Any]", value)]
        case _:
            return value


def _at(data: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    found: Any = data
    for name in place:
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise _unfit(place, found, "an object above it")
        found = cast("Mapping[str, Any]", found).get(name)
    return found


def _unfit(place: tuple[str, ...], found: Any, expected: str) -> Unfit:
    kind = "missing" if found is None else f"a {type(found).__name__}"
    return Unfit(f"data.{'.'.join(place)} is {kind}, expected {expected}")
