"""Forgetting a payer: names and e-mail addresses are erased, amounts and dates stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, change
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, nameless
from penstock.domain.subscription import Subscription, SubscriptionStatus

_NEEDS_THE_PAYER = frozenset(
    {
        OperationKind.charge,
        OperationKind.checkout,
        OperationKind.capture,
        OperationKind.invoice,
    }
)
_OVER = frozenset({SubscriptionStatus.cancelled, SubscriptionStatus.expired})


def why_not_forget(entity: Payment | Subscription) -> str | None:
    """Why the payer's name is still needed; None if it is not."""
    if isinstance(entity, Subscription):
        if entity.status in _OVER:
            return None
        return f"the subscription is {entity.status.value}: cancel it first"
    waiting = [one for one in entity.operations if one.open and one.kind in _NEEDS_THE_PAYER]
    if not waiting:
        return None
    return f"its {waiting[0].kind.value} is not over ({waiting[0].state.value}): try again later"


def forget(
    before: Payment | Subscription, *, now: datetime, new_id: Callable[[], str]
) -> Change[Payment | Subscription] | None:
    """
    The entity without the name and e-mail address of its payer; None if it holds neither.

    Amounts, dates, the references and the gateway's id of the payer stay. What the gateway shows
    later does not bring the name back. Call it only where `why_not_forget` returned None.
    """
    after = _forgotten(before, now)
    return None if after == before else change(before, after, now=now, new_id=new_id)


def _forgotten(known: Payment | Subscription, now: datetime) -> Payment | Subscription:
    at = known.forgotten_at or now
    if isinstance(known, Subscription):
        seen = replace(known.seen, subscriber=nameless(known.seen.subscriber))
        return replace(known, seen=seen, forgotten_at=at)
    return replace(
        known,
        order=known.order.nameless,
        payer=nameless(known.payer),
        forgotten_at=at,
    )
