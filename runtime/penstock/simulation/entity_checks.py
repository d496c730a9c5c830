"""What must hold at the end of one payment, and of one subscription."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import dropwhile

from penstock.domain.change import AnyEntity
from penstock.domain.events import Event, EventType
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.subscription import Access, Standing, Subscription, SubscriptionStatus

_CLEARS = timedelta(days=8)
"""A payment may be pending at a gateway for so long, in a simulation."""
_PAID = EventType.payment_succeeded
_GRANTED = (Access.trial, Access.active, Access.grace)


def facts_of_payment(payment: Payment, told: Sequence[Event], *, again: bool) -> Iterator[str]:
    """
    What the events of a payment say that it does not.

    Args:
        again: whether its gateway tries once more after it was declined.
    """
    types = [event.type for event in told]
    counts: Mapping[str, int] = Counter(types)
    if counts[EventType.payment_succeeded] != int(payment.paid):
        yield f"{payment.ref}: payment.succeeded was published {counts['payment.succeeded']} times"
    captured = any(
        one.kind is OperationKind.capture
        and (one.state is OperationState.succeeded or one.attempts > 1)
        for one in payment.operations
    )
    if payment.paid and counts[EventType.payment_declined] and not captured and not again:
        # Another capture may follow, an earlier request land after the one that was declined, or
        # the gateway try again.
        yield f"{payment.ref}: payment.declined was published, and it is {payment.status}"
    if EventType.payment_declined in dropwhile(lambda one: one != _PAID, types):
        yield f"{payment.ref}: payment.declined was published after payment.succeeded"
    back = _sum(told, EventType.payment_refunded, EventType.payment_reversed)
    back -= _sum(told, EventType.payment_restored)
    known = payment.refunded.minor if payment.refunded else 0
    if back != known:
        yield f"{payment.ref}: its events say that {back} went back, the ledger has {known}"


def may_be_pending(entity: AnyEntity, now: datetime) -> bool:
    """Whether it is a payment that its gateway need not have decided yet."""
    is_pending = isinstance(entity, Payment) and entity.status is PaymentStatus.pending
    return is_pending and now - entity.created_at < _CLEARS


def access_of(one: Subscription, began: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    """
    Access follows money; the plans that are played bill every month.

    Args:
        began: when the period began that a payment is for, by the payment's id.
    """
    paid = max((began.get(cycle.payment, cycle.at) for cycle in one.payments), default=None)
    if paid is None:
        return
    fresh = now - paid < timedelta(days=27)
    stale = now - paid > timedelta(days=36)
    # What was collected, or taken at a resume, paid for the period in which it was, which may end
    # the next day.
    late = _is_back(one) or _was_collected(one) or _was_resumed(one)
    if fresh and one.access is not Access.active and not late:
        yield f"{one.ref}: was paid for {now - paid} ago, and access is {one.access}"
    if stale and one.access is not Access.ended:
        yield f"{one.ref}: was paid for {now - paid} ago, and access is {one.access}"


def access_told(one: Subscription, told: Sequence[Event]) -> Iterator[str]:
    """Who grants by events grants to whom the ledger would, and to nobody else."""
    said = Access(told[-1].data["access"]) if told else one.access
    if (said in _GRANTED) is not (one.access in _GRANTED):
        yield f"{one.ref}: access is {one.access}, and its last event says {said}"


def _was_collected(one: Subscription) -> bool:
    return any(
        op.kind is OperationKind.collect and op.state is OperationState.succeeded
        for op in one.operations
    )


def _was_resumed(one: Subscription) -> bool:
    return any(told.startswith(f"{SubscriptionStatus.suspended}@") for told in one.told)


def _is_back(one: Subscription) -> bool:
    return any(cycle.standing is not Standing.paid for cycle in one.payments)


def _sum(told: Iterable[Event], *types: EventType) -> int:
    return sum(event.data["moved"]["minor"] for event in told if event.type in types)
