"""The ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.adapters.archive import cursor as cursor_at
from penstock.adapters.archive import place, read_cursor
from penstock.domain.change import Change, Seen
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.errors import AlreadySeen, LedgerConflict
from penstock.ports import EventPage


class MemoryLedger:
    """Payments, seen ids and events; a commit is one step of the loop, so all or nothing."""

    def __init__(self) -> None:
        self._payments: dict[str, Payment] = {}
        self._seen: dict[str, Seen] = {}
        self._events: dict[str, Event] = {}
        self._told: dict[str, list[Event]] = {}  # by payment, in order

    async def load(self, payment_id: str) -> Payment | None:
        """The payment as last committed."""
        return self._payments.get(payment_id)

    async def seen(self, key: str) -> Seen | None:
        """What was remembered under a key."""
        return self._seen.get(key)

    async def commit(self, change: Change) -> None:
        """Write all of a change or nothing."""
        if any(seen.key in self._seen for seen in change.seen):
            raise AlreadySeen(f"{change.payment.id}: an id was seen already")
        held = self._payments.get(change.payment.id)
        if (held.version if held else None) != change.expected:
            raise LedgerConflict(f"{change.payment.id}: not at the expected version any more")
        self._payments[change.payment.id] = change.payment
        self._seen.update({seen.key: seen for seen in change.seen})
        self._events.update({place(event): event for event in change.events})
        self._told.setdefault(change.payment.id, []).extend(change.events)

    async def unsent(self, payment: Payment) -> Sequence[Event]:
        """The payment's events after `payment.published`, in order."""
        told = self._told.get(payment.id, ())
        return [event for event in told if event.sequence > payment.published]

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of payments whose `due_at` has come, longest due first."""
        dues = ((payment.due_at, payment.id) for payment in self._payments.values())
        come = sorted((at, payment_id) for at, payment_id in dues if at and at <= now)
        return [payment_id for _, payment_id in come[:limit]]

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """The archive of events, newest first."""
        before = read_cursor(cursor) if cursor else None
        places = sorted((p for p in self._events if not before or p < before), reverse=True)
        page = places[:limit]
        more = len(places) > limit
        return EventPage(
            tuple(self._events[p] for p in page), cursor_at(page[-1]) if more else None
        )
