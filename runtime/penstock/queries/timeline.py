"""
Everything that is known of one payment: what the gateway told of it, its events and their
deliveries, who did what to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from penstock.domain.audit import Entry
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.domain.record import Record
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restriction, keys
from penstock.ports import Attempts, Index, Ledger, Restrictions
from penstock.queries.audit import AuditQuery, ListAudit

MOST_EVENTS = 100
MOST_ENTRIES = 100
MOST_NOTIFICATIONS = 50


@dataclass(frozen=True, slots=True)
class Told:
    """
    An event of the payment, and the sinks that were given it.

    Attributes:
        published: whether it was sent to the events topic.
        delivered: by sink, whether the sink was given it; only sinks that take its type.
    """

    event: Event
    published: bool
    delivered: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    A payment and what surrounds it.

    Attributes:
        notifications: the newest that concern it, oldest first, with what became of each.
        told: its newest events, oldest first.
        restrictions: the restrictions that keep it from moving money.
        entries: operators' commands about it in the last 31 days, oldest first.
    """

    payment: Payment
    notifications: tuple[Record, ...]
    told: tuple[Told, ...]
    restrictions: tuple[Restriction, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ReadTimeline:
    """
    `penstock payments show`.

    Attributes:
        sinks: by name the types of events that each gets; None for all.
    """

    ledger: Ledger
    attempts: Attempts
    restrictions: Restrictions
    audit: ListAudit
    sinks: Mapping[str, Collection[str] | None]

    async def __call__(self, payment_id: str) -> Timeline | None:
        """
        Read the timeline; None for a payment that the ledger does not hold.

        Raises:
            LedgerUnavailable: no answer.
        """
        payment = await self.ledger.load(Payment, payment_id)
        if payment is None:
            return None
        notifications = await self._notifications(payment)
        events = await self.ledger.history(Ref(EntityKind.payment, payment.id), MOST_EVENTS)
        told = await asyncio.gather(*(self._told(payment, one) for one in reversed(events)))
        listed = await self.restrictions.list()
        names = set(keys(payment))
        asked = AuditQuery(subject=str(payment.ref), limit=MOST_ENTRIES)
        page = await self.audit(asked)
        return Timeline(
            payment,
            notifications,
            tuple(told),
            tuple(one for one in listed if one.key in names),
            tuple(reversed(page.entries)),
        )

    async def _notifications(self, payment: Payment) -> tuple[Record, ...]:
        refs = await self.ledger.look_up(Index.payment, payment.id, MOST_NOTIFICATIONS)
        found = await asyncio.gather(*(self.ledger.load(Record, ref.id) for ref in refs))
        known = [one for one in found if one is not None and one.payment == payment.id]
        return tuple(sorted(known, key=lambda one: (one.created_at, one.id)))

    async def _told(self, payment: Payment, event: Event) -> Told:
        meant = [
            sink for sink, types in self.sinks.items() if types is None or event.type in types
        ]
        had = await asyncio.gather(*(self.attempts.delivered(sink, event.id) for sink in meant))
        published = event.sequence <= payment.published
        return Told(event, published, dict(zip(meant, had, strict=True)))
