"""The payments and subscriptions of one payer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, timedelta

from penstock.domain.payment import Payment
from penstock.domain.subscription import Subscription, subscription_id
from penstock.ports import Index, Ledger
from penstock.queries.walk import Source, day, looked_up, walk

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class OfPayer:
    """The payments and subscriptions of one payer, by one of four names."""

    ledger: Ledger

    async def payment(self, identity: str) -> AsyncGenerator[Payment | Subscription]:
        """One payment."""
        found = await self.ledger.load(Payment, identity)
        if found is not None:
            yield found

    async def subscription(self, identity: str) -> AsyncGenerator[Payment | Subscription]:
        """A subscription and its payments."""
        found = await self.ledger.load(Subscription, identity)
        if found is None:
            return
        yield found
        async for one in self._walked(Index.subscription, found.seen.reference):
            if one.gateway == found.gateway:
                yield one

    async def reference(self, reference: str) -> AsyncGenerator[Payment | Subscription]:
        """The payments and subscriptions with the merchant's reference."""
        async for one in self._walked(Index.reference, reference):
            yield one
        async for one in self._walked(Index.subscription_reference, reference):
            yield one

    async def payer(
        self, reference: str, since: date, until: date
    ) -> AsyncGenerator[Payment | Subscription]:
        """
        Payments of the payer with the gateway's id, newest first, and their subscriptions. Every
        payment of those days is read: there is no index of payers.
        """
        told = set[str]()
        days = (until - timedelta(days=back) for back in range((until - since).days + 1))
        async with aclosing(walk(self.ledger, self._days(days), _AT_ONCE, None)) as found:
            async for one in found:
                if not isinstance(one, Payment) or not _is_of(one, reference):
                    continue
                yield one
                identity = one.subscription and subscription_id(one.gateway, one.subscription)
                if identity and identity not in told:
                    told.add(identity)
                    subscription = await self.ledger.load(Subscription, identity)
                    if subscription is not None:
                        yield subscription

    def _days(self, days: Iterator[date]) -> Iterator[Source]:
        return (day(self.ledger, one) for one in days)

    async def _walked(self, index: Index, value: str) -> AsyncGenerator[Payment | Subscription]:
        source = looked_up(self.ledger, index, [value])
        async with aclosing(walk(self.ledger, [source], _AT_ONCE, None)) as found:
            async for one in found:
                if isinstance(one, Payment | Subscription):
                    yield one


def _is_of(payment: Payment, reference: str) -> bool:
    return any(who and who.reference == reference for who in (payment.payer, payment.order.payer))
