"""`penstock events`: the archive is listed, followed, written as CSV, and replayed to sinks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import Annotated

import typer

from penstock.bootstrap.aws import AwsWorld
from penstock.domain.events import Event, EventType
from penstock.entrypoints.cli.event_lines import COLUMNS, csv_line, event_view, lines, row
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.terminal import harmless, harmless_json
from penstock.queries.chosen import Chosen, Following, chosen_events, oldest_first
from penstock.queries.events import EventQuery, ListEvents
from penstock.queries.since import read_since, read_until

app = typer.Typer(no_args_is_help=True, help="The archive of events.")
Type = Annotated[EventType | None, typer.Option("--type", help="leave out the others")]
Subject = Annotated[
    str | None, typer.Option(help="events of this payment, dispute or subscription only")
]
Since = Annotated[
    str | None, typer.Option(help="leave out events before this time or date (RFC 3339, UTC)")
]
Until = Annotated[
    str | None, typer.Option(help="leave out events after this time or date (RFC 3339, UTC)")
]


@app.command("list")
def list_events(
    context: typer.Context,
    event_type: Type = None,
    subject: Subject = None,
    since: Since = None,
    until: Until = None,
    sink: Annotated[
        str | None,
        typer.Option(help="events that this sink gets, and whether it has had them (30 days)"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="all of them, not a page")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="go on with new ones until Ctrl-C")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="how many at most")] = 20,
    cursor: Annotated[
        str | None, typer.Option(help="where to begin, from the page before")
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first, with their amounts and payers."""
    begun = session(context, stack, as_json)
    types = _types(begun, sink, event_type)
    chosen = Chosen(
        read_since(since) if since else None, read_until(until) if until else None, types, subject
    )
    printer = _Printer(begun, as_csv, sink)
    if follow:
        if until or everything or cursor:
            raise CommandError("--follow takes no --until, --all or --cursor", Code.usage)
        begun.run(lambda world: _followed(world, chosen, printer))
        return
    if everything:
        begun.run(lambda world: printer.stream(world, chosen_events(world.ledger, chosen)))
        return

    async def page(world: AwsWorld) -> None:
        if types is not None and event_type is None:
            # A sink's filter may hold many types: more is looked at than a page of one type is.
            found = await _some(chosen_events(world.ledger, chosen), limit)
            await printer.page(world, found, None)
            return
        query = EventQuery(event_type, subject, since, limit, cursor, until)
        read = await ListEvents(world.ledger)(query)
        await printer.page(world, read.events, read.cursor)

    begun.run(page)


@app.command("show")
def show(
    context: typer.Context,
    event_id: Annotated[str, typer.Argument(help="the event's id")],
    subject: Subject = None,
    since: Since = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show an event as it was published, and which sinks have had it (in the last 30 days)."""
    begun = session(context, stack, as_json)
    sinks = begun.stack().sinks
    chosen = Chosen(read_since(since) if since else None, subject=subject)

    async def read(world: AwsWorld) -> tuple[Event | None, dict[str, bool]]:
        async with aclosing(chosen_events(world.ledger, chosen)) as events:
            async for event in events:
                if event.id == event_id:
                    had = {one: await world.attempts.delivered(one, event.id) for one in sinks}
                    return event, had
        return None, {}

    event, had = begun.run(read)
    if event is None:
        raise CommandError("there is no event of that id", Code.not_found)
    told = [f"{one}: {'delivered' if done else 'no record'}" for one, done in had.items()]
    begun.show(
        {**event.cloud_event(), "delivered": had},
        lambda: [*lines(event), *json.dumps(dict(event.data), indent=2).splitlines(), *told],
    )


class _Printer:
    """Prints events in the form that was asked for."""

    def __init__(self, begun: Session, as_csv: bool, sink: str | None) -> None:
        self._begun, self._csv, self._sink = begun, as_csv, sink

    async def page(self, world: AwsWorld, events: Sequence[Event], cursor: str | None) -> None:
        """A page: JSON is one document."""
        had = [await self._had(world, one) for one in events]
        if self._csv:
            self.head()
            for event in events:
                typer.echo(csv_line(row(event)))
            return
        pairs = list(zip(events, had, strict=True))
        self._begun.show(
            {"events": [event_view(one, done) for one, done in pairs], "cursor": cursor},
            lambda: [
                *(line for one, done in pairs for line in lines(one, done)),
                *([] if pairs else ["no events"]),
                *([f"more: --cursor {cursor}"] if cursor else []),
            ],
        )

    async def stream(self, world: AwsWorld, events: AsyncGenerator[Event]) -> None:
        """One by one as they are read: JSON is a document a line."""
        self.head()
        async with aclosing(events) as read:
            async for event in read:
                self.one(event, await self._had(world, event))

    def head(self) -> None:
        """What comes before the first event."""
        if self._csv:
            typer.echo(csv_line(COLUMNS))

    def one(self, event: Event, had: bool | None) -> None:
        """One event."""
        if self._csv:
            typer.echo(csv_line(row(event)))
        elif self._begun.json:
            typer.echo(harmless_json(json.dumps(event_view(event, had))))
        else:
            for line in lines(event, had):
                typer.echo(harmless(line))

    async def _had(self, world: AwsWorld, event: Event) -> bool | None:
        return await world.attempts.delivered(self._sink, event.id) if self._sink else None


async def _followed(world: AwsWorld, chosen: Chosen, printer: _Printer) -> None:
    if chosen.since is not None:
        latest = [one async for one in chosen_events(world.ledger, chosen)]
    else:
        latest = await _some(chosen_events(world.ledger, chosen), 10)

    async def both() -> AsyncGenerator[Event]:
        for event in oldest_first(latest):
            yield event
        shown = {one.id for one in latest}
        async for event in Following(world.ledger, world.clock, chosen).until(asyncio.Event()):
            if event.id not in shown:
                yield event

    await printer.stream(world, both())


async def _some(events: AsyncGenerator[Event], limit: int) -> list[Event]:
    found: list[Event] = []
    async with aclosing(events) as read:
        async for event in read:
            found.append(event)
            if len(found) == limit:
                break
    return found


def _types(
    begun: Session, sink: str | None, event_type: EventType | None
) -> Collection[str] | None:
    """The types that are asked for, and that a sink gets."""
    selected = begun.stack().selection(sink) if sink else None
    if event_type is None:
        return selected
    return [event_type] if selected is None or event_type in selected else []
