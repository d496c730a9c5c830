"""The effect of a payment's money on its subscription: the subscription is read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, change
from penstock.domain.entity import UNSENT_GRACE
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.subscriptions import standing
from penstock.domain.subscription import subscription_id


def follow_subscription(
    before: Payment | None, after: Payment, now: datetime, can: Abilities
) -> Payment:
    """The payment with its subscription to be read again, if its money came or went."""
    was = standing(before) if before else None
    if not can.subscriptions or after.subscription is None or standing(after) is was:
        return after
    target = Ref(EntityKind.subscription, subscription_id(after.gateway, after.subscription))
    follow = Operation(
        after.operation_id(OperationKind.follow),
        OperationKind.follow,
        # The worker that commits it runs it at once. It is due with the invoice, so that the
        # entry in the index of what is due stays where it is.
        due_at=now + UNSENT_GRACE,
        reference=str(target),
    )
    return replace(after, operations=after.replacing(follow))


def mark_disputed(
    before: Payment,
    disputed: bool,
    *,
    can: Abilities,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment] | None:
    """Note whether a dispute about a payment is open; None where that is known."""
    if before.disputed is disputed:
        return None
    after = follow_subscription(before, replace(before, disputed=disputed), now, can)
    return change(before, after, now=now, new_id=new_id)
