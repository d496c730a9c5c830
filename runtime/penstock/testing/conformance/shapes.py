"""What can be said of a plugin's methods by looking at them: their kind, parameters and types."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def awaited_wrongly(made: type, protocols: Iterable[type]) -> list[str]:
    """Each method that is `async` and must not be, or the reverse."""
    return [
        f"{member} must be {'async def' if wanted else 'def'}"
        for member, one in _methods(protocols)
        if (wanted := inspect.iscoroutinefunction(one))
        is not inspect.iscoroutinefunction(getattr(made, member))
    ]


def shaped_wrongly(made: type, protocols: Iterable[type]) -> list[str]:
    """Each method that does not take its arguments, or says that it returns something else."""
    found: list[str] = []
    for member, wanted in _methods(protocols):
        own = inspect.getattr_static(made, member)
        if not inspect.isfunction(own):
            continue
        if not _takes(own, wanted):
            parameters = ", ".join(inspect.signature(wanted).parameters)
            found.append(f"{member} must take ({parameters})")
        if strange := _strange(own, wanted):
            found.append(f"{member} must not return {', '.join(strange)}")
    return found


def _methods(protocols: Iterable[type]) -> Iterable[tuple[str, Any]]:
    for protocol in protocols:
        for member, one in inspect.getmembers(protocol, inspect.isfunction):
            if not member.startswith("_"):
                yield member, one


def _takes(own: Any, wanted: Any) -> bool:
    """Whether it can be called as the platform calls it: by position."""
    count = len(inspect.signature(wanted).parameters)
    try:
        inspect.signature(own).bind(*[None] * count)
    except TypeError:
        return False
    return True


def _strange(own: Any, wanted: Any) -> list[str]:
    """The types that its annotation allows and the Protocol's does not."""
    try:
        said, right = get_type_hints(own).get("return"), get_type_hints(wanted).get("return")
    except (NameError, TypeError, AttributeError):
        # A name that only a type checker knows.
        return []
    if said is None and own.__annotations__.get("return") is None:
        return []
    allowed = _parts(right)
    return [getattr(one, "__name__", str(one)) for one in _parts(said) if not _among(one, allowed)]


def _parts(hint: Any) -> list[Any]:
    if get_origin(hint) in (Union, UnionType):
        return [part for one in get_args(hint) for part in _parts(one)]
    return [hint]


def _among(one: Any, allowed: list[Any]) -> bool:
    if one is Any or Any in allowed:
        return True
    kind = get_origin(one) or one
    for other in allowed:
        wanted = get_origin(other) or other
        if kind is wanted:
            return True
        if isinstance(kind, type) and isinstance(wanted, type) and issubclass(kind, wanted):
            return True
    return False
