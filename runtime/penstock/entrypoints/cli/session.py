"""What every command shares: which stack, how to print, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, TypeVar, cast

import typer
from rich.console import Console
from rich.table import Table

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.stack import LOCAL, PROD, Stack, find

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


class Code(IntEnum):
    """How a command may end."""

    failed = 1
    usage = 2
    configuration = 3
    not_found = 4
    refused = 5
    unavailable = 6
    bug = 70


class CommandError(Exception):
    """A command cannot do what it was asked; one line says why."""

    def __init__(self, message: str, code: Code) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Session:
    """What was said before the command, and what the command may add to it."""

    stack_name: str = LOCAL
    json: bool = False
    yes_prod: bool = False

    def stack(self) -> Stack:
        """
        The stack, and boto3's environment pointed at it.

        Raises:
            StackMissing: it cannot be found.
        """
        if not _NAME.fullmatch(self.stack_name):
            raise CommandError("--stack takes a stack's name: local, dev, prod", Code.usage)
        stack = find(self.stack_name)
        stack.enter(os.environ)
        return stack

    def guard(self, what: str) -> None:
        """
        Let something that cannot be taken back happen to prod only when that was said.

        Raises:
            CommandError: it was not.
        """
        if self.stack_name == PROD and not self.yes_prod:
            raise CommandError(f"{what} on prod: say --yes-prod if you mean it", Code.refused)

    def run(self, work: Callable[[AwsWorld], Awaitable[T]]) -> T:
        """Work with a stack's adapters, and let go of them."""

        async def through() -> T:
            world = self.stack().world()
            try:
                return await work(world)
            finally:
                await world.close()

        return asyncio.run(through())

    def show(self, value: Any, lines: Callable[[], Any]) -> None:
        """Print JSON for programs, or what `lines` makes for people."""
        if self.json:
            typer.echo(json.dumps(value, indent=2))
            return
        shown = lines()
        for one in cast("list[Any]", shown) if isinstance(shown, list) else [shown]:
            # Not as markup: what is shown may hold brackets of its own.
            Console().print(one, markup=False, highlight=False, soft_wrap=True)


def session(
    context: typer.Context,
    stack: str | None = None,
    as_json: bool = False,
    yes_prod: bool = False,
) -> Session:
    """The session as it was begun before the command, with what the command adds."""
    begun = context.find_object(Session) or Session()
    return Session(stack or begun.stack_name, as_json or begun.json, yes_prod or begun.yes_prod)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table for people; a stranger's text in it moves no cursor and turns no line around."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else _harmless(str(cell)) for cell in row))
    return made


def _harmless(text: str) -> str:
    """The text with what a terminal would act on as escapes: ESC is shown as \\x1b."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


StackName = Annotated[
    str | None, typer.Option("--stack", help="local, dev or prod", show_default="local")
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
YesProd = Annotated[bool, typer.Option("--yes-prod", help="mean it, on prod too")]
