"""What every command shares: which stack, how to print, and how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import typer
from rich.console import Console

from penstock.entrypoints.cli.listing import Listing
from penstock.entrypoints.cli.stack import LOCAL, Stack, find
from penstock.entrypoints.cli.terminal import harmless, say_json

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld

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
    check_usage = 64
    """Wrong usage of `penstock webhooks check`, whose 1 and 2 are answers."""
    bug = 70


class CommandError(Exception):
    """A command cannot do what it was asked; one line says why."""

    def __init__(self, message: str, code: Code) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Session:
    """
    What was said before the command, and what the command may add to it.

    Attributes:
        confirmed: the name of the protected stack that the command is meant for.
    """

    stack_name: str = LOCAL
    json: bool = False
    confirmed: str | None = None
    _found: Stack | None = field(default=None, init=False, repr=False)

    def stack(self) -> Stack:
        """
        The stack, and boto3's environment pointed at it.

        Raises:
            StackMissing: it cannot be found.
        """
        if self._found is None:
            if not _NAME.fullmatch(self.stack_name):
                raise CommandError("--stack takes a stack's name: local, dev, prod", Code.usage)
            self._found = find(self.stack_name)
            self._found.enter(os.environ)
        return self._found

    def guard(self, what: str) -> None:
        """
        Ask for the stack's name before something that cannot be undone, if it is protected.

        A person at a terminal types it. Where nobody can type, `--confirm` stands for it:
        standard input may be what the command is to read.

        Raises:
            StackMissing: the stack cannot be found.
            CommandError: the name was not given, or is another stack's.
        """
        if not self.stack().protected:
            return
        said = self.confirmed
        if said is None and sys.stdin.isatty():
            said = typer.prompt(f"{what}: {self.stack_name} is protected; type its name", err=True)
        if said != self.stack_name:
            raise CommandError(
                f"{what}: stack {self.stack_name} is protected, and nothing was done; "
                f"pass --confirm {self.stack_name} if you mean it",
                Code.refused,
            )

    def command(self, words: str, *, changes: bool = False) -> str:
        """
        A command to be printed, that does what it says when it is typed as it stands.

        Args:
            words: what comes after `penstock`.
            changes: whether it asks for a protected stack's name.
        """
        stack = "" if self.stack_name == LOCAL else f"--stack {self.stack_name} "
        confirm = f" --confirm {self.stack_name}" if changes and self.stack().protected else ""
        return f"penstock {stack}{words}{confirm}"

    def run(self, work: Callable[[AwsWorld], Awaitable[T]]) -> T:
        """Work with a stack's adapters, and let go of them."""

        async def through() -> T:
            world = self.stack().world()
            try:
                return await work(world)
            finally:
                await world.close()

        return asyncio.run(through())

    def now(self) -> datetime:
        """The time, for ages."""
        return datetime.now(UTC)

    def show(self, value: Any, lines: Callable[[], Any]) -> None:
        """
        Print JSON for programs, or what `lines` makes for people.

        Args:
            lines: a line or what rich prints, or a list of them; `table` and lines show
                strangers' text harmlessly, a styled text must be made of `harmless` ones.
        """
        if self.json:
            say_json(value, indent=2)
            return
        shown = lines()
        # No markup and no emoji codes: what is shown may hold brackets and colons of its own.
        console = Console(markup=False, emoji=False, highlight=False)
        for one in cast("list[Any]", shown) if isinstance(shown, list) else [shown]:
            console.print(harmless(one) if isinstance(one, str) else one, soft_wrap=True)


def session(
    context: typer.Context,
    stack: str | None = None,
    as_json: bool = False,
    confirmed: str | None = None,
) -> Session:
    """The session as it was begun before the command, with what the command adds."""
    begun = context.find_object(Session) or Session()
    return Session(stack or begun.stack_name, as_json or begun.json, confirmed or begun.confirmed)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Listing:
    """Rows for people, in the terminal's width; strangers' text in them is shown harmlessly."""
    return Listing.of(columns, rows)


def _stacks(incomplete: str) -> list[str]:
    """For the shell's completion: the local stack, and those whose settings lie here."""
    named = (path.name.split(".")[1] for path in sorted(Path.cwd().glob("Pulumi.*.yaml")))
    return [name for name in (LOCAL, *named) if name.startswith(incomplete)]


StackName = Annotated[
    str | None,
    typer.Option(
        "--stack", help="local, dev or prod", show_default="local", autocompletion=_stacks
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Limit = Annotated[int, typer.Option(min=1, max=100, help="how many at most")]
Cursor = Annotated[str | None, typer.Option(help="where to begin, from the page before")]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm", metavar="STACK", help="the stack's name, if it is protected"),
]
