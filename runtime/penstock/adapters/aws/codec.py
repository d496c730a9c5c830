"""
Converts our frozen dataclasses to records that a person can read in the table, and back.

A field that holds its default, or nothing, is left out; a field that a record lacks has its
default, so that items from before the field existed load. A default must not change once it is in
the table. A field that takes no part in comparison belongs to the copy in hand and is not kept.
Moments have no fraction where it is zero. Mappings are JSON texts: DynamoDB refuses a map's empty
key, and their names are not ours.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from penstock.domain.money import Money
from penstock.domain.place import stamp

T = TypeVar("T")
Record = dict[str, Any]


class UnknownField(Exception):
    """A record holds a field or a word that this code does not know: newer code wrote it."""


def to_record(value: Any) -> Record:
    """A dataclass in plain texts, whole numbers, lists and maps."""
    record: Record = {}
    for one in fields(value):
        held = getattr(value, one.name)
        if held is None or not one.compare or _is_default(held, one):
            continue
        record[one.name] = _plain(held)
    return record


def from_record(
    kind: type[T], record: Mapping[str, Any], beside: frozenset[str] = frozenset()
) -> T:
    """
    Read what `to_record` wrote.

    Args:
        beside: names in the record that are no fields of it.

    Raises:
        UnknownField: newer code wrote it; written back, it would lose that field.
        KeyError: a field without a default is missing.
    """
    hints = _hints(kind)
    if unknown := record.keys() - hints.keys() - beside:
        raise UnknownField(f"{kind.__name__}.{min(unknown)}")
    read = {
        name: _typed(hint, record[name])
        for name, hint in hints.items()
        if record.get(name) is not None
    }
    for one in fields(cast(Any, kind)):
        if one.name not in read and not _may_be_absent(one):
            raise KeyError(one.name)
    return kind(**read)


def _is_default(held: Any, one: Any) -> bool:
    # What a factory makes is empty.
    return held == one.default or (one.default_factory is not MISSING and not held)


def _may_be_absent(one: Any) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(cast(Any, kind))}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return stamp(value).replace(".000000Z", "Z")
    if is_dataclass(value):
        return to_record(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[Any, ...]", value)]
    if isinstance(value, Mapping):
        return json.dumps(dict(cast("Mapping[str, str]", value)), ensure_ascii=False)
    return value


def _typed(hint: Any, raw: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
        return _typed(hint, raw)
    if origin is tuple:
        return tuple(_typed(get_args(hint)[0], one) for one in raw)
    if origin is not None and issubclass(origin, Mapping):
        return dict(json.loads(raw))
    if hint is Money:
        # Also in a currency that has left the list since it was written.
        return Money.kept(raw["minor"], raw["currency"])
    if is_dataclass(hint):
        return from_record(cast("type[Any]", hint), raw)
    if issubclass(hint, datetime):
        return datetime.fromisoformat(raw)
    return _word(hint, raw) if issubclass(hint, Enum) else raw


def _word(kind: type[Enum], raw: Any) -> Enum:
    try:
        return kind(raw)
    except ValueError as exc:
        raise UnknownField(f"{kind.__name__} {raw}") from exc
