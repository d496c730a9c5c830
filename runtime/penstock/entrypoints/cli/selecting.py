"""The frame of commands that select letters of a queue: redrive, drop, verify again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from penstock.entrypoints.cli import framing
from penstock.entrypoints.cli.framing import Because, DryRun
from penstock.entrypoints.cli.session import AsJson, Confirm, Session, StackName, session

if TYPE_CHECKING:
    from penstock.operators.letters import Selection

Queue = Annotated[str, typer.Argument(help="deliveries, verified, payments, sink-…")]
Ids = Annotated[
    list[str] | None,
    typer.Argument(help="ids from the list, their first 8 characters or more"),
]
Reason = Annotated[str | None, typer.Option("--reason", help="those whose reason holds this text")]
Group = Annotated[str | None, typer.Option("--group", help="those of one message group")]
OlderThan = Annotated[
    str | None, typer.Option("--older-than", help="those that are dead so long: 12h, 3d, 1w")
]
All = Annotated[bool, typer.Option("--all", help="every one")]
Wait = Annotated[
    int,
    typer.Option(
        "--wait", min=0, max=900, help="wait so many seconds for what becomes of them, and say it"
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What such a command was asked to do.

    Attributes:
        wait: how many seconds to wait for what becomes of the letters; 0 for not at all.
    """

    ids: list[str] | None
    reason: str | None
    group: str | None
    older_than: str | None
    everything: bool
    because: str
    wait: int
    dry_run: bool

    @property
    def selection(self) -> Selection:
        """
        What the options select.

        Raises:
            CommandError: `--older-than` is no duration.
        """
        from penstock.entrypoints.cli.durations import duration
        from penstock.operators.letters import Selection

        span = duration("--older-than", self.older_than) if self.older_than is not None else None
        return Selection(tuple(self.ids or ()), self.reason, self.group, span, self.everything)


def add(
    app: typer.Typer,
    name: str,
    about: str,
    act: Callable[[Session, str, Asked], None],
    *,
    queue: str | None = None,
    without: Collection[str] = (),
) -> None:
    """
    Add such a command to a group.

    Args:
        about: its help.
        queue: the queue that it is about; None for one that is named.
        without: options that it does not take.
    """

    fixed = queue or ""

    def command(
        context: typer.Context,
        queue: Queue = fixed,
        *,
        because: Because,
        ids: Ids = None,
        reason: Reason = None,
        group: Group = None,
        older_than: OlderThan = None,
        everything: All = False,
        wait: Wait = 0,
        dry_run: DryRun = False,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        begun = session(context, stack, as_json, confirmed)
        asked = Asked(ids, reason, group, older_than, everything, because, wait, dry_run)
        act(begun, queue, asked)

    left_out = {*without, *(("queue",) if fixed else ())}
    framing.add(app, name, about, command, without=left_out, named=("queue",))
