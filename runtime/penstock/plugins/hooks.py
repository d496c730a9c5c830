"""What is wrong with a plugin's hooks: one line for its author."""

from __future__ import annotations

import difflib

from penstock.api import hookspecs

PREFIX = "penstock_register_"
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith(PREFIX))


def unknown(plugin: object) -> str | None:
    """The function that is marked as a hook, and none of that name exists."""
    for name in _marked(plugin):
        if name not in HOOKS:
            return f"there is no hook {name}{_meant(name)}; the hooks are {', '.join(HOOKS)}"
    return None


def silent(plugin: object) -> str:
    """Why a plugin registers nothing."""
    named = [name for name in HOOKS if callable(getattr(plugin, name, None))]
    if unmarked := [name for name in named if name not in _marked(plugin)]:
        return f"registers nothing: write @hookimpl above {unmarked[0]}"
    if named:
        return f"registers nothing: {named[0]} never calls register(…)"
    near = [name for name in dir(plugin) if name.startswith("penstock_") and _meant(name)]
    if near:
        return f"registers nothing: there is no hook {near[0]}{_meant(near[0])}, with @hookimpl"
    return f"registers nothing: write a function marked @hookimpl, one of {', '.join(HOOKS)}"


def _marked(plugin: object) -> list[str]:
    # As pluggy's marker of this project does.
    return [name for name in dir(plugin) if hasattr(getattr(plugin, name), "penstock_impl")]


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, HOOKS, 1)
    return f": write {near[0]}" if near else ""
