"""
Events of a period, all of them: for commands that go through more than a page.

    subject ──► its history ──┐
    no subject ──► the archive ──┴──► since, until, type ──► newest first
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.api.context import Clock
from penstock.domain.events import Event, EventType
from penstock.domain.place import until_cursor
from penstock.domain.ref import Ref
from penstock.ports import Ledger
from penstock.queries.events import OVERLAP, refs

_PAGE = 100
_SKEW = timedelta(minutes=1)
"""How much two hosts' clocks may differ."""
_MOMENT = timedelta(microseconds=1)


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


async def in_parts(
    ledger: Ledger,
    chosen: Chosen,
    size: int,
    progress: Callable[[int], None] = lambda done: None,
) -> AsyncGenerator[list[Event]]:
    """
    All chosen events, oldest first, in parts of `size` to twice that many; one part at least.

    The archive is read newest first, so a first reading finds where the parts begin and keeps
    the oldest part only. An entity's events stay in order although two hosts' clocks differ: one
    that is dated up to a minute after the part's end goes with it if a later one is in it.

    Args:
        progress: is told how many events were found.

    Raises:
        QueryRefused, LedgerUnavailable: as `chosen_events`.
    """
    held, ends, found = list[Event](), list[datetime](), 0
    async with aclosing(chosen_events(ledger, chosen)) as events:
        async for event in events:
            found += 1
            progress(found)
            if ends and event.time > ends[-1]:
                continue
            held.append(event)
            if len(held) > 2 * size:
                held.sort(key=lambda one: one.time)
                end = held[size - 1].time
                if end < held[-1].time:
                    held = [one for one in held if one.time <= end]
                    ends.append(end)
    if not ends:
        yield oldest_first(held)
        return
    since, early = chosen.since, set[str]()
    for end in reversed(ends):
        part = await _part(ledger, chosen, since, end, early)
        yield oldest_first(part)
        early, since = {one.id for one in part if one.time > end}, end + _MOMENT
    newest = Chosen(since, chosen.until, chosen.types, chosen.subject)
    async with aclosing(chosen_events(ledger, newest)) as events:
        yield oldest_first([one async for one in events if one.id not in early])


async def _part(
    ledger: Ledger, chosen: Chosen, since: datetime | None, end: datetime, had: Collection[str]
) -> list[Event]:
    """The events from `since` to `end`, and those after it that their entity caused before."""
    last = chosen.until if chosen.until and chosen.until - end < _SKEW else end + _SKEW
    window = Chosen(since, last, chosen.types, chosen.subject)
    async with aclosing(chosen_events(ledger, window)) as events:
        found = [one async for one in events if one.id not in had]
    newest: dict[Ref, int] = {}
    for one in found:
        if one.time <= end:
            newest[one.ref] = max(one.sequence, newest.get(one.ref, 0))
    return [one for one in found if one.time <= end or one.sequence < newest.get(one.ref, 0)]


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
