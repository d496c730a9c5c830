"""What is wrong with a person's file, in words: the field, what it must hold, the value's kind."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

_MOST = 5
"""Complaints at a time: what follows is often the same mistake."""
_TYPES = frozenset({"str", "int"})
"""For a field of several types pydantic adds the type's name to the place."""
_NUMBERS = (int, float)


def complaints(
    exc: ValidationError, whole: type[BaseModel], parts: Mapping[str, tuple[str, type[BaseModel]]]
) -> str:
    """
    What a file must be corrected in.

    Args:
        whole: the model of the file.
        parts: by the field that lists them, what one is called ("plan"), and its model. A model's
            fields say in their description what they must hold.
    """
    told = [_told(error, whole, parts) for error in exc.errors(include_url=False)]
    return "; ".join(list(dict.fromkeys(told))[:_MOST])


def _told(
    error: Any, whole: type[BaseModel], parts: Mapping[str, tuple[str, type[BaseModel]]]
) -> str:
    names = [one for one in error["loc"] if one not in _TYPES]
    lists = [str(one) for one in names[:-1] if one in parts]
    owner = parts[lists[-1]][1] if lists else whole
    path = "".join(_written(names)) or "the file"
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return f"{path}: no such field; remove it, or correct its name: {_known(names, owner)}"
    if error["type"] == "value_error":
        return f"{path}: {error['ctx']['error']}"
    if not names:
        expected = f"the field {', '.join(whole.model_fields)}"
    elif isinstance(names[-1], int):
        expected = f"the fields of a {parts[lists[-1]][0]}"
    else:
        expected = str(owner.model_fields[names[-1]].description)
    if error["type"] == "missing":
        return f"{path}: missing; give {expected}"
    if error["type"].endswith("_type"):
        return f"{path}: expected {expected}; it is {_kind(error['type'], error['input'])}"
    return f"{path}: expected {expected}"


def _written(names: Sequence[str | int]) -> Iterator[str]:
    for place, name in enumerate(names):
        if isinstance(name, int) and place:
            yield f"[{name}]"
        else:
            yield f".{name}" if place else str(name)


def _known(names: Sequence[str | int], owner: type[BaseModel]) -> str:
    known = list(owner.model_fields)
    close = difflib.get_close_matches(str(names[-1]), known, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _kind(wanted: str, value: object) -> str:
    """What a value is, and what to do where quotes make the difference."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text, so write it without quotes" if wanted == "int_type" else "text"
    if isinstance(value, _NUMBERS):
        return "a number, so write it in quotes" if wanted == "string_type" else "a number"
    if isinstance(value, Mapping):
        return "a group of fields"
    if isinstance(value, Sequence):
        return "a list"
    # What YAML reads by its look, such as a date.
    return f"a {type(value).__name__}, so write it in quotes"
