"""Publish: an entity's unsent events, all of them, in order, stopping at the first failure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.api.context import Clock, Ids
from penstock.domain.change import change
from penstock.domain.payment import Payment
from penstock.errors import LedgerConflict
from penstock.pipeline import correlation
from penstock.ports import Channel, Ledger, Outgoing


@dataclass(frozen=True, slots=True)
class Publish:
    """The stage: from the outbox in the ledger to the events topic."""

    ledger: Ledger
    events: Channel
    clock: Clock
    ids: Ids

    async def __call__(self, payment_id: str) -> Payment | None:
        """
        Send what has not left yet, one by one; returns the payment as it stands then.

        An event that left twice (a crash before the mark) has one id, so its copy is dropped
        by the topic or by `deliver`.

        Raises:
            ChannelUnavailable: the topic took none, or not all; the rest stays unsent.
        """
        payment = await self.ledger.load(payment_id)
        if payment is None or not payment.unsent:
            return payment
        unsent = await self.ledger.unsent(payment)
        for event in unsent:
            await self.events.send(
                Outgoing(
                    event.dumps(),
                    group=event.entity,
                    dedup=event.id,
                    attributes={
                        "type": event.type.value,
                        "gateway": event.gateway,
                        **correlation.carried(),
                    },
                )
            )
        if not unsent:
            return payment
        return await self._mark(replace(payment, published=unsent[-1].sequence), payment)

    async def _mark(self, marked: Payment, read: Payment) -> Payment | None:
        decided = change(read, marked, now=read.updated_at, new_id=self.ids.new)
        try:
            await self.ledger.commit(decided)
        except LedgerConflict:
            # Somebody moved the payment on: their own publish, or the sweep, marks it.
            return await self.ledger.load(read.id)
        return decided.payment
