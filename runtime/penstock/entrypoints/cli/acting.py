"""The frame of commands that act on one thing by its name, with a reason, and may wait."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.entrypoints.cli import framing
from penstock.entrypoints.cli.framing import Because, DryRun
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import AsJson, Confirm, Session, StackName, session

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.bootstrap.aws import AwsWorld
    from penstock.domain.restriction import RestrictionKind
    from penstock.operators.waiting import Calm, Until

Wait = Annotated[
    int,
    typer.Option("--wait", min=0, max=3600, metavar="SECONDS", help="wait for the effect"),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="go on with a command that was stopped: the time that it printed",
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What such a command was asked to do.

    Attributes:
        value: the name of what it acts on.
        wait: how many seconds to wait for the effect; 0 for not at all.
        since: when the restriction was put that the command is about, where it goes on.
    """

    begun: Session
    value: str
    because: str
    wait: int
    dry_run: bool
    since: datetime | None = None

    def guard(self, what: str) -> None:
        """
        Ask for a protected stack's name, unless nothing will be changed.

        Raises:
            CommandError: the name was not given, or is another stack's.
        """
        if not self.dry_run:
            self.begun.guard(what)

    @property
    def waits(self) -> bool:
        """Whether the effect is waited for."""
        return bool(self.wait) and not self.dry_run

    async def waited(self, world: AwsWorld, kind: RestrictionKind, until: Until) -> Calm | None:
        """How the entity stands once it is so, or the time is over; None without a wait."""
        from penstock.operators.waiting import wait_for

        if not self.waits:
            return None
        with progress("waiting", shown=not self.begun.json):
            return await wait_for(world.ledger, world.clock, kind, self.value, until, self.wait)


def add(
    app: typer.Typer,
    name: str,
    about: str,
    argument: Any,
    act: Callable[[Asked], None],
    *,
    without: Collection[str] = (),
) -> None:
    """
    Add such a command to a group.

    Args:
        about: its line of help.
        argument: what typer is to say of the name.
        without: options that it does not take.
    """

    def command(
        context: typer.Context,
        *,
        value: str = argument,
        because: Because,
        wait: Wait = 0,
        since: Since = None,
        dry_run: DryRun = False,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        from penstock.queries.since import read_since

        begun = session(context, stack, as_json, confirmed)
        begun_at = read_since(since) if since else None
        act(Asked(begun, value, because, wait, dry_run, begun_at))

    framing.add(app, name, about, command, without=without)
