"""
The view of a buyer who comes back from the gateway: of the subscription and its newest payment, or
of the one payment that was approved there.

    gateway's status    suspended, cancelled, expired ──► first of all
    access              active, trial, grace ──────────► paid, trial, failed
    newest payment      pending, declined ─────────────► pending, failed
    else                                                 waiting for the gateway
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.rules.access import AccessPolicy, access_at, access_until, covered_until
from penstock.domain.subscription import Access, Subscription, SubscriptionStatus

MANAGE = "wallet"
"""The name of the link to the gateway's page on which a buyer corrects the payment."""


class Standpoint(StrEnum):
    """How a subscription or payment stands for its buyer."""

    waiting = "waiting"
    """The gateway has not confirmed it yet."""
    paid = "paid"
    trial = "trial"
    pending = "pending"
    """The gateway has the payment and has not decided about it."""
    on_hold = "on_hold"
    """It is paid, and the gateway is reviewing the payment."""
    failed = "failed"
    suspended = "suspended"
    cancelled = "cancelled"
    ended = "ended"
    expired = "expired"
    """The buyer did not approve the payment in time."""


@dataclass(frozen=True, slots=True)
class BuyersView:
    """
    The content of the buyer's page; it holds no personal data.

    Attributes:
        until: until when the buyer has access, where that is known and still to come.
        because: the gateway's code of why a payment is pending.
        mend: the gateway's page on which the buyer corrects the payment.
        once: whether it is about one payment, not about a subscription.
    """

    standpoint: Standpoint
    until: datetime | None = None
    because: str | None = None
    mend: str | None = None
    once: bool = False

    @property
    def settled(self) -> bool:
        """Whether the page need not poll any more."""
        return self.standpoint not in _UNSETTLED


_UNSETTLED = (Standpoint.waiting, Standpoint.pending)
_OVER = {
    SubscriptionStatus.suspended: Standpoint.suspended,
    SubscriptionStatus.cancelled: Standpoint.cancelled,
    SubscriptionStatus.expired: Standpoint.ended,
}


def buyers_view(
    subscription: Subscription | None,
    payment: Payment | None,
    now: datetime,
    policy: AccessPolicy,
) -> BuyersView:
    """
    What the buyer is shown.

    Args:
        payment: the subscription's newest one.
    """
    if subscription is None:
        return BuyersView(Standpoint.waiting)
    standpoint = _standpoint(subscription, payment, access_at(subscription, now, policy))
    until = _until(subscription, standpoint, policy)
    return BuyersView(
        standpoint,
        until if until is not None and until > now else None,
        payment.reason if payment and standpoint is Standpoint.pending else None,
        subscription.seen.links.get(MANAGE)
        if standpoint in (Standpoint.failed, Standpoint.suspended)
        else None,
    )


def payment_view(payment: Payment) -> BuyersView:
    """What the buyer of one payment is shown."""
    match payment.status:
        case PaymentStatus.succeeded | PaymentStatus.partially_refunded:
            held = payment.hold is not None
            standpoint = Standpoint.on_hold if held else Standpoint.paid
        case PaymentStatus.refunded | PaymentStatus.reversed:
            standpoint = Standpoint.ended
        case PaymentStatus.pending:
            standpoint = Standpoint.pending
        case PaymentStatus.declined:
            retried = (one := payment.operation(OperationKind.capture)) is not None and one.open
            standpoint = Standpoint.waiting if retried else Standpoint.failed
        case PaymentStatus.expired:
            standpoint = Standpoint.expired
        case _:
            # Also while a person must look: the buyer is neither paid nor declined.
            standpoint = Standpoint.waiting
    reason = payment.reason if standpoint is Standpoint.pending else None
    return BuyersView(standpoint, because=reason, once=True)


def _standpoint(subscription: Subscription, payment: Payment | None, access: Access) -> Standpoint:
    if subscription.status in _OVER:
        return _OVER[subscription.status]
    match access:
        case Access.active:
            held = payment is not None and payment.hold is not None
            return Standpoint.on_hold if held else Standpoint.paid
        case Access.trial:
            return Standpoint.trial
        case Access.grace:
            return Standpoint.failed
        case Access.ended:
            return Standpoint.ended
        case Access.none:
            return _unpaid(subscription, payment)


def _unpaid(subscription: Subscription, payment: Payment | None) -> Standpoint:
    if payment is not None and payment.status is PaymentStatus.pending:
        return Standpoint.pending
    declined = payment is not None and payment.status is PaymentStatus.declined
    # Some gateways count a failure only once they stop trying again.
    seen = subscription.seen
    failed = declined or seen.failures > 0 or seen.next_attempt_at is not None
    return Standpoint.failed if failed else Standpoint.waiting


def _until(
    subscription: Subscription, standpoint: Standpoint, policy: AccessPolicy
) -> datetime | None:
    if standpoint is Standpoint.trial:
        return subscription.trial_until
    # In grace access ends later than what was paid for.
    late = standpoint is Standpoint.failed
    return access_until(subscription, policy) if late else covered_until(subscription)
