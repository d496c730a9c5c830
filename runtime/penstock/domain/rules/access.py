"""
Whether a customer is paid up: by money and free trials, whatever the gateway's status says.

    nothing paid, no free trial ──► none
    free trial ───────────────────► trial
    paid until a moment to come ──► active
    past it, still billed ────────► grace, for some days
    past it otherwise ────────────► ended; also if the payment came and went back
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from penstock.domain.rules.schedule import free_until, period_of
from penstock.domain.subscription import (
    Access,
    PaidCycle,
    Standing,
    Subscription,
    SubscriptionStatus,
)

_NOT_BEGUN = (SubscriptionStatus.approval_pending, SubscriptionStatus.approved)


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """
    What the merchant decided about access.

    Attributes:
        grace: how long access goes on when a payment is due and does not come.
        refund_ends: whether a full refund takes back what the payment paid for.
        chargeback_ends: whether a chargeback, or a dispute that is lost, does.
        dispute_ends: whether an open dispute does.
    """

    grace: timedelta = timedelta(days=3)
    refund_ends: bool = True
    chargeback_ends: bool = True
    dispute_ends: bool = False

    def counts(self, payment: PaidCycle) -> bool:
        """Whether a payment gives access."""
        match payment.standing:
            case Standing.paid:
                return True
            case Standing.refunded:
                return not self.refund_ends
            case Standing.charged_back:
                return not self.chargeback_ends
            case Standing.disputed:
                return not self.dispute_ends


def paid_through(subscription: Subscription, policy: AccessPolicy) -> datetime | None:
    """Until when the counting payments have paid; None without one."""
    return _latest_end(subscription, [one for one in subscription.payments if policy.counts(one)])


def trial_until(subscription: Subscription) -> datetime | None:
    """Until when a free trial lasts; None without one, or before the buyer approved."""
    if subscription.status in _NOT_BEGUN:
        return None
    return free_until(subscription.spans)


def access_at(subscription: Subscription, now: datetime, policy: AccessPolicy) -> Access:
    """Whether the customer is paid up at a moment."""
    paid, trial = subscription.paid_through, subscription.trial_until
    if paid is not None and now < paid:
        return Access.active
    if trial is not None and now < trial:
        return Access.trial
    covered = covered_until(subscription)
    if covered is None:
        return Access.ended if subscription.payments else Access.none
    ends = covered + _grace(subscription, policy, covered)
    return Access.grace if now < ends else Access.ended


def covered_until(subscription: Subscription) -> datetime | None:
    """Until when it is paid or in a free trial, whichever is longer."""
    both = (subscription.paid_through, subscription.trial_until)
    return max((one for one in both if one is not None), default=None)


def access_until(subscription: Subscription, policy: AccessPolicy) -> datetime | None:
    """When access ends unless another payment comes; None where there is or was none."""
    covered = covered_until(subscription)
    return covered + _grace(subscription, policy, covered) if covered else None


def next_change(
    subscription: Subscription, now: datetime, policy: AccessPolicy
) -> datetime | None:
    """When access changes next unless something happens; None when it does not."""
    covered = covered_until(subscription)
    if covered is None:
        return None
    trial = subscription.trial_until
    ends = covered + _grace(subscription, policy, covered)
    return min((at for at in (trial, covered, ends) if at is not None and at > now), default=None)


def reckoned(subscription: Subscription, now: datetime, policy: AccessPolicy) -> Subscription:
    """The subscription with its dates and its access as they are at a moment."""
    dated = replace(
        subscription,
        paid_through=paid_through(subscription, policy),
        trial_until=trial_until(subscription),
    )
    return replace(dated, access=access_at(dated, now, policy))


def _grace(subscription: Subscription, policy: AccessPolicy, covered: datetime) -> timedelta:
    # Only a billed subscription may be paid late; a cancelled one ends with what was paid.
    active = subscription.status is SubscriptionStatus.active
    waited = active and not _taken_back(subscription, policy, covered)
    return policy.grace if waited else timedelta()


def _taken_back(subscription: Subscription, policy: AccessPolicy, covered: datetime) -> bool:
    """Whether the payment due next came and went back: then it is not waited for."""
    gone = [one for one in subscription.payments if not policy.counts(one)]
    ended = _latest_end(subscription, gone)
    return ended is not None and ended > covered


def _latest_end(subscription: Subscription, payments: Sequence[PaidCycle]) -> datetime | None:
    periods = (period_of(subscription.spans, one.at) for one in payments)
    return max((one.ends for one in periods if one is not None), default=None)
