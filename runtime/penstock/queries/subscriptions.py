"""Subscriptions by the merchant's reference."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass

from penstock.domain.subscription import Subscription
from penstock.ports import Index, Ledger, Place
from penstock.queries.mark import Mark
from penstock.queries.walk import looked_up, walk


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """Subscriptions, newest first, and where the next page begins."""

    subscriptions: tuple[Subscription, ...]
    cursor: str | None


async def subscriptions_of(
    ledger: Ledger, reference: str, limit: int, cursor: str | None = None
) -> SubscriptionPage:
    """
    A page of subscriptions as last committed; one opened a moment ago may be missing.

    Args:
        limit: how many a page holds at most.
        cursor: where the page begins, from the page before.

    Raises:
        QueryRefused: the cursor is none of ours.
        LedgerUnavailable: the ledger gave no answer.
    """
    place = Mark.read(cursor).place if cursor is not None else None
    source = looked_up(ledger, Index.subscription_reference, [reference])
    found: list[Subscription] = []
    async with aclosing(walk(ledger, [source], limit + 1, place)) as entities:
        async for entity in entities:
            if not isinstance(entity, Subscription):
                continue
            if len(found) == limit and place:
                return SubscriptionPage(tuple(found), Mark(place).text)
            found.append(entity)
            place = Place(entity.created_at, entity.id)
    return SubscriptionPage(tuple(found), None)
