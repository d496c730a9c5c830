"""The archive of events as commands read and print it, imported when one is run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing

from penstock.bootstrap.aws import AwsWorld
from penstock.domain.events import Event, EventType
from penstock.entrypoints.cli.event_lines import COLUMNS, csv_line, event_view, lines, row
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.entrypoints.cli.terminal import say, say_json
from penstock.queries.chosen import Chosen, Following, chosen_events, oldest_first
from penstock.queries.events import EventQuery, ListEvents


def show_page(
    begun: Session, query: EventQuery, chosen: Chosen, sink: str | None, *, as_csv: bool
) -> None:
    """A page of events, newest first."""
    printer = _Printer(begun, as_csv, sink)

    async def page(world: AwsWorld) -> None:
        if chosen.types is not None and query.type is None:
            # A sink's filter may hold many types: more is looked at than a page of one type is.
            found = await _some(chosen_events(world.ledger, chosen), query.limit)
            await printer.page(world, found, None)
            return
        read = await ListEvents(world.ledger)(query)
        await printer.page(world, read.events, read.cursor)

    begun.run(page)


def show_all(begun: Session, chosen: Chosen, sink: str | None, *, as_csv: bool) -> None:
    """Every chosen event, newest first, as it is read."""
    printer = _Printer(begun, as_csv, sink)
    begun.run(lambda world: printer.stream(world, chosen_events(world.ledger, chosen)))


def show_new(begun: Session, chosen: Chosen, sink: str | None, *, as_csv: bool) -> None:
    """The latest events, oldest first, then new ones until Ctrl-C."""
    printer = _Printer(begun, as_csv, sink)
    begun.run(lambda world: _followed(world, chosen, printer))


def show_one(begun: Session, event_id: str, chosen: Chosen) -> None:
    """One event, and which sinks have had it; exit code 4 if there is none."""
    sinks = begun.stack().sinks

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
                say(csv_line(row(event)))
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
            say(csv_line(COLUMNS))

    def one(self, event: Event, had: bool | None) -> None:
        """One event."""
        if self._csv:
            say(csv_line(row(event)))
        elif self._begun.json:
            say_json(event_view(event, had))
        else:
            for line in lines(event, had):
                say(line)

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


def types_of(
    begun: Session, sink: str | None, event_type: EventType | None
) -> Collection[str] | None:
    """The types that are asked for, and that a sink gets."""
    selected = begun.stack().selection(sink) if sink else None
    if event_type is None:
        return selected
    return [event_type] if selected is None or event_type in selected else []
