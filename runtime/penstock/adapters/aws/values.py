"""DynamoDB's typed values from plain ones and back: texts, integers, lists, maps; no floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from penstock.errors import MalformedMessage

Item = dict[str, dict[str, Any]]


def to_item(fields: Mapping[str, Any]) -> Item:
    """
    A record as DynamoDB takes it; fields that are None are left out.

    Raises:
        MalformedMessage: a text that is no Unicode (half a surrogate pair): no store takes it.
        TypeError: a value of another type, a float above all.
    """
    return {name: to_value(value) for name, value in fields.items() if value is not None}


def to_value(value: Any) -> dict[str, Any]:
    """One value; see `to_item`."""
    # A bool is an int to Python: it goes first.
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": _text(value)}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": to_item(cast("Mapping[str, Any]", value))}
    if isinstance(value, Sequence):
        return {"L": [to_value(element) for element in cast("Sequence[Any]", value)]}
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The plain record of an item."""
    return {name: from_value(value) for name, value in item.items()}


def from_value(value: Mapping[str, Any]) -> Any:
    """One plain value; a number with a fraction is a ValueError."""
    [(kind, held)] = value.items()
    match kind:
        case "S" | "BOOL":
            return held
        case "N":
            return int(held)
        case "M":
            return from_item(held)
        case "L":
            return [from_value(element) for element in held]
        case _:
            raise ValueError(f"a value of DynamoDB's type {kind} was not written by us")


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        # `from None` would do as well: the cause names a place in the text, and not the text.
        raise MalformedMessage("a text that is no Unicode") from exc
    return text
