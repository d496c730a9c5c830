"""
Events of a period, all of them: for commands that go through more than a page.

    subject ──► its history ──┐
    no subject ──► the archive ──┴──► since, until, type ──► newest first
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.api.context import Clock
from penstock.domain.events import Event, EventType
from penstock.domain.place import until_cursor
from penstock.ports import Ledger
from penstock.queries.events import OVERLAP, refs

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """
    The events for a command: those that fit every given condition.

    Attributes:
        since: the first moment, and `until` the last one.
        types: None for all.
        subject: an entity's id, or `<kind>#<id>`.
    """

    since: datetime | None = None
    until: datetime | None = None
    types: Collection[str] | None = None
    subject: str | None = None

    def takes(self, event: Event) -> bool:
        """Whether an event fits; its subject is looked up, not compared."""
        return (
            (self.since is None or event.time >= self.since)
            and (self.until is None or event.time <= self.until)
            and (self.types is None or event.type in self.types)
        )


async def chosen_events(ledger: Ledger, chosen: Chosen) -> AsyncGenerator[Event]:
    """
    The chosen events, newest first.

    Raises:
        QueryRefused: the type is of another kind than the subject.
        LedgerUnavailable: the ledger gave no answer.
    """
    walk = _archive(ledger, chosen) if chosen.subject is None else _history(ledger, chosen)
    async with aclosing(walk) as events:
        async for event in events:
            if chosen.takes(event):
                yield event


async def _archive(ledger: Ledger, chosen: Chosen) -> AsyncGenerator[Event]:
    at = until_cursor(chosen.until) if chosen.until else None
    while True:
        page = await ledger.events(_PAGE, at)
        for event in page.events:
            if chosen.since is not None and event.time < chosen.since:
                return
            yield event
        at = page.cursor
        if at is None:
            return


async def _history(ledger: Ledger, chosen: Chosen) -> AsyncGenerator[Event]:
    one_type = next(iter(chosen.types)) if chosen.types and len(chosen.types) == 1 else None
    kind = EventType(one_type) if one_type in set(EventType) else None
    for ref in refs(chosen.subject or "", kind):
        before: int | None = None
        while page := await ledger.history(ref, _PAGE, before):
            for event in page:
                yield event
            before = page[-1].sequence


def oldest_first(events: Collection[Event]) -> list[Event]:
    """
    Events in the order of their times, and each entity's in the order it caused them.

    Two hosts' clocks may differ, so an entity's later event may have the earlier time.
    """
    own: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda one: one.sequence, reverse=True):
        own.setdefault(str(event.ref), []).append(event)
    in_time = sorted(events, key=lambda one: (one.time, one.sequence))
    return [own[str(event.ref)].pop() for event in in_time]


@dataclass(slots=True)
class Following:
    """
    New events as they appear in the archive.

    Attributes:
        every: seconds between two looks.
    """

    ledger: Ledger
    clock: Clock
    chosen: Chosen
    every: float = 2.0

    async def until(self, stop: asyncio.Event) -> AsyncGenerator[Event]:
        """
        The chosen events from now on, oldest first, each once, until told to stop.

        An event may appear in the archive later than its time, so each look goes back further.

        Raises:
            LedgerUnavailable: the ledger gave no answer.
        """
        begun = self.chosen.since or self.clock.now()
        seen: dict[str, datetime] = {}
        while not stop.is_set():
            since = max(begun, self.clock.now() - OVERLAP)
            window = Chosen(since, None, self.chosen.types, self.chosen.subject)
            found = [one async for one in chosen_events(self.ledger, window)]
            for event in oldest_first([one for one in found if one.id not in seen]):
                seen[event.id] = event.time
                yield event
            horizon = self.clock.now() - OVERLAP - timedelta(minutes=1)
            seen = {name: at for name, at in seen.items() if at >= horizon}
            await self.clock.sleep(self.every)
