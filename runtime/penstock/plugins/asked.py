"""Whether a plugin calls `register(…)` as it must: one line for its author where it does not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from penstock.api import Door, Permission
from penstock.errors import PluginError

_LISTS: Mapping[str, type] = {
    "secrets": str,
    "webhook_secrets": str,
    "permissions": Permission,
    "events": str,
    "whole_currencies": str,
}


def check(
    who: str,
    unnamed: Sequence[object],
    given: Mapping[str, Any],
    needed: Sequence[str],
    known: Collection[str],
) -> None:
    """
    Refuse a call of `register` that lacks something, or has what it does not take.

    Raises:
        PluginError: names the argument and the remedy.
    """
    if unnamed:
        form = ", ".join(f"{name}=…" for name in needed)
        raise PluginError(f"{who}: register takes its arguments by name: register({form})")
    if missing := [name for name in needed if name not in given]:
        raise PluginError(f"{who}: register(…) lacks {', '.join(missing)}")
    for name in given:
        if name not in known:
            raise PluginError(
                f"{who}: register(…) takes no {name}: {_meant(name, known)}; it takes"
                f" {', '.join(known)}"
            )
    if not isinstance(given["name"], str):
        raise PluginError(f"{who}: name must be text")
    if not isinstance(given.get("door"), Door | None):
        raise PluginError(f"{who}: door must be a Door, as in Door({{}})")
    for name, kind in _LISTS.items():
        _check_list(who, name, given.get(name) or (), kind)


def _meant(name: str, known: Collection[str]) -> str:
    # Imported here: a plugin that works does not need it.
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    return f"write {near[0]}" if near else "remove it"


def _check_list(who: str, name: str, value: Any, kind: type) -> None:
    # A text would do as a list of its letters.
    if not isinstance(value, tuple | list) or not all(
        isinstance(one, kind) for one in cast(Sequence[object], value)
    ):
        one = '"…"' if kind is str else f"{kind.__name__}(…)"
        raise PluginError(f"{who}: {name} must be a tuple, as in ({one},)")
