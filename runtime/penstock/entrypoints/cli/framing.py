"""What the frames of operators' commands share: their options, and a command with some of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer

_BECAUSE = typer.Option("--because", help="why; it is kept in the audit trail")
Because = Annotated[str, _BECAUSE]
OptionalBecause = Annotated[str | None, _BECAUSE]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")]


def add(
    app: typer.Typer,
    name: str,
    about: str,
    command: Callable[..., None],
    *,
    without: Collection[str] = (),
    named: Collection[str] = (),
) -> None:
    """
    Add a command to a group.

    Args:
        about: its help.
        without: parameters that it does not take; they keep their defaults.
        named: parameters that must be given, whatever their defaults are.
    """
    signature = inspect.signature(command, eval_str=True)
    taken = (one for one in signature.parameters.values() if one.name not in without)
    shown: list[Any] = [
        one.replace(default=one.empty) if one.name in named else one for one in taken
    ]
    # Typer reads the options off the signature.
    vars(command)["__signature__"] = signature.replace(parameters=shown)
    app.command(name, help=about)(command)
