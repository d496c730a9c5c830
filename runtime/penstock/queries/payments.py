"""
Payments by reference or subscription, or by the day they were first seen.

    reference, subscription ──► look-up index ─────────┐
    neither ──► index `by_day`, one day after another ─┴─► load each ──► since, status ──► page
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from penstock.api.context import Clock
from penstock.domain.change import AnyEntity
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.subscription import subscription_id
from penstock.errors import QueryRefused
from penstock.ports import Index, Ledger, Place
from penstock.queries.mark import CURSOR_REFUSED, Mark
from penstock.queries.since import read_since
from penstock.queries.walk import Source, day, looked_up, walk

LOOKED_AT = 200
"""How many entities one page looks at."""
DAYS_BACK = 31
"""How far back `since` may be without a reference or subscription."""
_FILTERED = 50
"""How many are read at once where the status leaves some out."""
_GATEWAY = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class PaymentQuery:
    """
    The wanted payments.

    Attributes:
        reference: the merchant's own reference.
        subscription: our id of the subscription, `<gateway>-<the gateway's id>`.
        since: leave out what was first seen before; an RFC 3339 time or date.
        limit: how many a page holds at most, 1 to 100.
        cursor: where the page begins, from the page before.
    """

    reference: str | None = None
    subscription: str | None = None
    status: PaymentStatus | None = None
    since: str | None = None
    limit: int = 20
    cursor: str | None = None

    @property
    def looks_up(self) -> bool:
        """Whether it names a reference or a subscription, which an index finds."""
        return self.reference is not None or self.subscription is not None

    def fits(self, entity: AnyEntity) -> bool:
        """Whether an entity is a wanted payment."""
        if not isinstance(entity, Payment):
            # The index of references holds subscriptions, too.
            return False
        return self.status in (None, entity.status) and (
            self.subscription is None or self.subscription == _subscription(entity)
        )


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Payments, newest first, and where the next page begins."""

    payments: tuple[Payment, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ListPayments:
    """`GET /payments` and `penstock payments list`."""

    ledger: Ledger
    clock: Clock

    async def __call__(self, asked: PaymentQuery) -> PaymentPage:
        """
        A page of payments as last committed; a payment made a moment ago may be missing.

        Raises:
            QueryRefused: names the parameter that is wrong.
            LedgerUnavailable: the ledger gave no answer.
        """
        if asked.reference is not None and asked.subscription is not None:
            raise QueryRefused("subscription", "goes without a reference; give one of the two")
        mark = Mark.read(asked.cursor) if asked.cursor is not None else None
        since = read_since(asked.since) if asked.since is not None else None
        if asked.looks_up:
            return await self._page(asked, self._look_ups(asked), mark, since)
        since = self._first_day(since, mark)
        return await self._page(asked, self._days(since, mark), mark, since)

    async def _page(
        self,
        asked: PaymentQuery,
        sources: Iterator[Source],
        mark: Mark | None,
        since: datetime | None,
    ) -> PaymentPage:
        kept = None if asked.looks_up else since
        place = mark.place if mark else None
        found: list[Payment] = []
        size = _FILTERED if asked.status else asked.limit + 1
        looked_at = 0
        async with aclosing(walk(self.ledger, sources, size, place)) as entities:
            async for entity in entities:
                if since and entity.created_at < since:
                    break
                if isinstance(entity, Payment) and asked.fits(entity):
                    if len(found) == asked.limit and place:
                        return PaymentPage(tuple(found), Mark(place, kept).text)
                    found.append(entity)
                place = Place(entity.created_at, entity.id)
                looked_at += 1
                if looked_at == LOOKED_AT:
                    return PaymentPage(tuple(found), Mark(place, kept).text)
        return PaymentPage(tuple(found), None)

    def _look_ups(self, asked: PaymentQuery) -> Iterator[Source]:
        if asked.subscription is None:
            yield looked_up(self.ledger, Index.reference, [asked.reference or ""])
        else:
            yield looked_up(self.ledger, Index.subscription, _gateways_ids(asked.subscription))

    def _first_day(self, since: datetime | None, mark: Mark | None) -> datetime:
        """
        Where the listing ends.

        Raises:
            QueryRefused: that is too far back, or the cursor is of another listing.
        """
        today = self.clock.now().astimezone(UTC).date()
        if mark and mark.since is None:
            raise QueryRefused("cursor", CURSOR_REFUSED)
        since = since or (mark and mark.since) or datetime.combine(today, time(), UTC)
        # A listing that was begun before midnight may be read to its end.
        back = DAYS_BACK + (1 if mark else 0)
        if since.date() < today - timedelta(days=back):
            raise QueryRefused(
                "since",
                f"is more than {DAYS_BACK} days ago; give a later day, a reference or a "
                "subscription",
            )
        return since

    def _days(self, since: datetime, mark: Mark | None) -> Iterator[Source]:
        newest = self.clock.now().astimezone(UTC).date()
        if mark:
            newest = min(newest, mark.place.at.date())
        for back in range((newest - since.date()).days + 1):
            yield day(self.ledger, newest - timedelta(days=back))


def _subscription(payment: Payment) -> str | None:
    return payment.subscription and subscription_id(payment.gateway, payment.subscription)


def _gateways_ids(subscription: str) -> list[str]:
    """
    The ids that the gateway may have for a subscription of ours.

    One, as a rule; several where the id could begin with several gateways' names.

    Raises:
        QueryRefused: it is no id of ours.
    """
    dashes = [at for at, character in enumerate(subscription) if character == "-"]
    found = [subscription[at + 1 :] for at in dashes if _GATEWAY.fullmatch(subscription[:at])]
    if not any(found):
        raise QueryRefused(
            "subscription", "is no subscription's id; give <gateway>-<the gateway's id>"
        )
    return [one for one in found if one]
