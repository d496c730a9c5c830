"""`penstock doctor`."""

from __future__ import annotations

import asyncio

import typer
from rich.text import Text

from penstock.entrypoints.cli.doctor import Finding, examine
from penstock.entrypoints.cli.session import AsJson, Code, CommandError, StackName, session


def doctor(context: typer.Context, stack: StackName = None, as_json: AsJson = False) -> None:
    """Look at a stack from outside: each line is ok, or says what to do."""
    begun = session(context, stack, as_json)
    found = asyncio.run(examine(begun.stack()))
    begun.show(
        [{"check": one.check, "ok": one.ok, "said": one.said, "todo": one.todo} for one in found],
        lambda: [line for one in found for line in _lines(one)],
    )
    wrong = [one for one in found if not one.ok]
    if wrong:
        raise CommandError(f"{len(wrong)} of {len(found)} checks need a person", Code.failed)


def _lines(one: Finding) -> list[Text]:
    mark = Text("ok  ", style="green") if one.ok else Text("do  ", style="bold red")
    first = mark + Text(f"{one.check}: {one.said}", style="")
    return [first] if one.todo is None else [first, Text(f"    -> {one.todo}", style="bold")]
