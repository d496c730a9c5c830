"""`penstock doctor`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from penstock.entrypoints.cli.session import AsJson, Code, CommandError, StackName, session
from penstock.entrypoints.cli.terminal import harmless

if TYPE_CHECKING:
    from penstock.entrypoints.cli.patient import Finding


def doctor(context: typer.Context, stack: StackName = None, as_json: AsJson = False) -> None:
    """Look at a stack from outside: each line is ok, or says what to do."""
    from penstock.entrypoints.cli.doctor import examine

    begun = session(context, stack, as_json)
    found = asyncio.run(examine(begun.stack()))
    begun.show(
        [{"check": one.check, "ok": one.ok, "said": one.said, "todo": one.todo} for one in found],
        lambda: [line for one in found for line in lines(one)],
    )
    wrong = [one for one in found if not one.ok]
    if wrong:
        raise CommandError(f"{len(wrong)} of {len(found)} checks need a person", Code.failed)


def lines(one: Finding) -> list[Text]:
    """A finding for people: what was seen and, below it, what to do."""
    mark = Text("ok  ", style="green") if one.ok else Text("do  ", style="bold red")
    first = mark + Text(harmless(f"{one.check}: {one.said}"), style="")
    if one.todo is None:
        return [first]
    return [first, Text(harmless(f"    -> {one.todo}"), style="bold")]
