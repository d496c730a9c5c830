"""
Events: the archive, or the history of one entity.

    subject ──► its history, read consistently ──┐
    no subject ──► the archive, page by page ────┴──► since, type ──► page
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.domain.events import Event, EventType, kind_of
from penstock.domain.place import cursor, place, read_cursor, until_cursor
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import QueryRefused
from penstock.ports import EventPage, Ledger
from penstock.queries.mark import CURSOR_REFUSED
from penstock.queries.since import read_since, read_until

LOOKED_AT = 300
"""How many events one page looks at."""
OVERLAP = timedelta(minutes=15)
"""How much before `since` a page goes: an event may appear in the archive later than its time."""
_FILTERED = 100
"""How many are read at once where the type leaves some out."""
_KINDS = tuple(dict.fromkeys(kind_of(one) for one in EventType))
"""The kinds of entities that have events."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """
    The wanted events.

    Attributes:
        subject: an entity's id, as an event's `subject` has it, or `<kind>#<id>`.
        since: leave out what happened before, less an overlap of 15 minutes.
        until: leave out what happened after.
        limit: how many a page holds at most, 1 to 100.
        cursor: where the page begins, from the page before.
    """

    type: EventType | None = None
    subject: str | None = None
    since: str | None = None
    limit: int = 20
    cursor: str | None = None
    until: str | None = None


@dataclass(slots=True)
class _Filling:
    """A page while it is filled; `last` is the newest place not to be read again."""

    type: EventType | None
    since: datetime | None
    limit: int
    found: list[Event]
    until: datetime | None = None
    last: str | None = None

    def take(self, event: Event) -> bool:
        """Take an event if it fits; False where the page is full before it."""
        fits = (
            self.type in (None, event.type)
            and (not self.since or event.time >= self.since)
            and (not self.until or event.time <= self.until)
        )
        if fits and len(self.found) == self.limit:
            return False
        if fits:
            self.found.append(event)
        self.last = place(event)
        return True

    def page(self, after: str | None) -> EventPage:
        """The page as it is now."""
        return EventPage(tuple(self.found), after)

    def unfinished(self) -> EventPage:
        """The page as it is now; the next page goes on after the last event looked at."""
        return self.page(cursor(self.last) if self.last else None)


@dataclass(frozen=True, slots=True)
class ListEvents:
    """`GET /events` and `penstock events list`."""

    ledger: Ledger

    async def __call__(self, asked: EventQuery) -> EventPage:
        """
        A page of events, newest first.

        Raises:
            QueryRefused: names the parameter that is wrong.
            LedgerUnavailable: the ledger gave no answer.
        """
        since = read_since(asked.since) - OVERLAP if asked.since is not None else None
        until = read_until(asked.until) if asked.until is not None else None
        filling = _Filling(asked.type, since, asked.limit, [], until)
        try:
            before = read_cursor(asked.cursor) if asked.cursor is not None else None
        except ValueError as exc:
            raise QueryRefused("cursor", CURSOR_REFUSED) from exc
        if asked.subject is None:
            return await self._archive(filling, asked.cursor or (until and until_cursor(until)))
        return await self._history(filling, refs(asked.subject, asked.type), before)

    async def _archive(self, filling: _Filling, at: str | None) -> EventPage:
        size = _FILTERED if filling.type else filling.limit
        looked_at = 0
        while True:
            read = await self.ledger.events(size, at)
            for event in read.events:
                if filling.since and event.time < filling.since:
                    return filling.page(None)
                if not filling.take(event):
                    return filling.unfinished()
            at = read.cursor
            looked_at += len(read.events)
            # A short page has looked at as many days as one may.
            if at is None or len(read.events) < size or looked_at >= LOOKED_AT:
                return filling.page(at)
            if len(filling.found) == filling.limit:
                return filling.page(at)

    async def _history(
        self, filling: _Filling, refs: Sequence[Ref], before: str | None
    ) -> EventPage:
        sequence = None
        if before is not None:
            entity, sequence = _entity(before)
            if entity != refs[0].id:
                raise QueryRefused("cursor", CURSOR_REFUSED)
        size = LOOKED_AT if filling.type or filling.since else filling.limit + 1
        read = await asyncio.gather(*(self.ledger.history(ref, size, sequence) for ref in refs))
        events = next((events for events in read if events), ())
        for event in events:
            if not filling.take(event):
                return filling.unfinished()
        return filling.unfinished() if len(events) == size else filling.page(None)


def _entity(archive_place: str) -> tuple[str, int]:
    """The entity of a place in the archive, and the event's sequence."""
    entity, _, sequence = archive_place.partition("#")[2].rpartition("#")
    return entity, int(sequence)


def refs(subject: str, event_type: EventType | None) -> Sequence[Ref]:
    """
    The entities that a subject may name: an id alone does not tell its kind.

    Raises:
        QueryRefused: the type is of another kind than the subject.
    """
    kind, mark, identity = subject.partition("#")
    named = EntityKind(kind) if mark and kind in set(EntityKind) else None
    if event_type is None:
        return [Ref(named, identity)] if named else [Ref(one, subject) for one in _KINDS]
    wanted = kind_of(event_type)
    if named not in (None, wanted):
        raise QueryRefused("type", f"is of a {wanted.value}; the subject is a {named}")
    return [Ref(wanted, identity if named else subject)]
