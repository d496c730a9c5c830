"""One subscription as the rules see it, news after news, and what they publish."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from penstock.domain import rules
from penstock.domain.lifecycle import Said
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import Payment, PaymentStatus, Plan, Transaction
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.subscription import (
    Access,
    PlanChange,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)

START = datetime(2026, 1, 31, 18, 3, tzinfo=UTC)
PRICE = Money(1250, "USD")
MONTHLY = BillingCycle(Interval(IntervalUnit.month), PRICE)
FREE_WEEK = BillingCycle(Interval(IntervalUnit.week), Money(0, "USD"), trial=True, cycles=1)
POLICY = rules.AccessPolicy()
CAN = rules.Abilities(subscriptions=True)
ACTIVE, SUSPENDED, CANCELLED, PENDING = (
    SubscriptionStatus.active,
    SubscriptionStatus.suspended,
    SubscriptionStatus.cancelled,
    SubscriptionStatus.approval_pending,
)


def shown(status: SubscriptionStatus = ACTIVE, **rest: Any) -> SubscriptionObservation:
    given: dict[str, Any] = {"plan": Plan("P-1", "Gold"), "cycles": (MONTHLY,), **rest}
    return SubscriptionObservation("I-1", status, START, **given)


def sale(
    name: str = "S-1", at: datetime = START, status: PaymentStatus = PaymentStatus.succeeded
) -> Payment:
    seen = Observation(Transaction(name, "sale", status, PRICE, at), subscription="I-1")
    new_id = (str(number) for number in count())
    made = rules.observe(
        None, f"acme-{name}", "acme", seen, can=CAN, now=at, new_id=lambda: next(new_id)
    )
    return made.entity


@dataclass
class Story:
    """One subscription, and what was published of it."""

    now: datetime = START
    policy: rules.AccessPolicy = POLICY
    kept: Subscription | None = None
    facts: list[str] = field(default_factory=list[str])
    reasons: list[str | None] = field(default_factory=list[str | None])

    def __post_init__(self) -> None:
        self._ids = count()

    def learn(
        self,
        seen: SubscriptionObservation,
        *,
        says: Said | None = None,
        payment: Payment | None = None,
        unreported: bool = False,
        asked: PlanChange | None = None,
        followed: bool = False,
        at: datetime | None = None,
    ) -> Story:
        self.now = at or self.now
        learned = rules.Learned(says, payment, unreported, asked, followed)
        self._apply(
            rules.observe_subscription(
                self.kept,
                "acme-I-1",
                "acme",
                seen,
                learned,
                policy=self.policy,
                now=self.now,
                new_id=lambda: str(next(self._ids)),
            )
        )
        return self

    def wait_until(self, at: datetime) -> Story:
        assert self.kept is not None
        self.now = at
        self._apply(
            rules.look_at_access(
                self.kept, policy=self.policy, now=at, new_id=lambda: str(next(self._ids))
            )
        )
        return self

    def _apply(self, change: Any) -> None:
        if change is not None:
            self.kept = change.entity
            self.facts += [str(event.type) for event in change.events]
            self.reasons += [event.data.get("reason") for event in change.events]

    @property
    def subscription(self) -> Subscription:
        assert self.kept is not None
        return self.kept

    @property
    def access(self) -> Access:
        return self.subscription.access


def month(number: int) -> datetime:
    return MONTHLY.interval.after(START, number)
