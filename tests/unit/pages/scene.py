"""A buyer who came back: a sign-up, its subscription and payment, and the gateway behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from penstock.adapters.memory import MemoryLedger, MemoryQueue
from penstock.api import Money
from penstock.domain.change import AnyEntity, Change
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules import AccessPolicy
from penstock.domain.secret import secret_digest
from penstock.domain.signup import SignUp, return_token, sign_up_id
from penstock.domain.subscription import (
    PaidCycle,
    Span,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock.errors import GatewayUnavailable
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.returning import Returning
from penstock.pipeline.subscription import ObserveSubscription
from penstock.testing import builders
from penstock.testing.clock import NOON, FrozenClock
from tests.unit.pipeline.world import Counted

SECRET = "5ec2e75ec2e75ec2e75ec2e75ec2e7ff"  # noqa: S105 - of a buyer who is not there
MONTH = BillingCycle(Interval(IntervalUnit.month), Money(900, "USD"))
TRIAL = BillingCycle(Interval(IntervalUnit.week), Money(0, "USD"), trial=True, cycles=1)
PRICE = Money(900, "USD")


def seen(status: str = "active", **rest: Any) -> SubscriptionObservation:
    """A monthly subscription as the gateway shows it."""
    given: dict[str, Any] = {"started_at": NOON, "cycles": (MONTH,)}
    return SubscriptionObservation("I-1", status=SubscriptionStatus(status), **{**given, **rest})


def subscription(status: str = "active", *, paid: bool = False, **rest: Any) -> Subscription:
    """The same as the ledger holds it."""
    shown = seen(status, **rest)
    given: dict[str, Any] = {"spans": (Span(NOON, shown.cycles),)}
    if paid:
        given["payments"] = (PaidCycle("gate-SALE1", NOON),)
        given["paid_through"] = NOON + timedelta(days=30)
    if shown.cycles[0].trial and status != "approval_pending":
        given["trial_until"] = NOON + timedelta(days=7)
    return Subscription(
        id="gate-I-1", gateway="gate", seen=shown, created_at=NOON, updated_at=NOON, **given
    )


def payment(status: str = "succeeded", **rest: Any) -> Payment:
    """Its payment."""
    step = Transaction("SALE1", "sale", PaymentStatus(status), PRICE, NOON)
    given: dict[str, Any] = {
        "gateway": "gate",
        "status": PaymentStatus(status),
        "subscription": "I-1",
        "transactions": (step,),
    }
    return builders.payment("gate-SALE1", **{**given, **rest})


@dataclass
class Gate:
    """A gateway that only shows subscriptions."""

    name: str = "gate"
    shows: SubscriptionObservation | None = None
    down: bool = False
    asked: list[str] = field(default_factory=list[str])

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        self.asked.append(reference)
        if self.down:
            raise GatewayUnavailable("no answer")
        return self.shows


@dataclass
class Scene:
    """The ledger, the gateway, and the stage between them."""

    gate: Gate = field(default_factory=Gate)
    clock: FrozenClock = field(default_factory=FrozenClock)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    policy: AccessPolicy = field(default_factory=AccessPolicy)

    def __post_init__(self) -> None:
        gateways: dict[str, Any] = {"gate": self.gate}
        observe = ObserveSubscription(gateways, self.ledger, self.clock, Counted(), self.policy)
        names = Counted()
        checkouts = Checkouts(gateways, self.ledger, self.clock, names)
        hand_over = HandOver(self.ledger, MemoryQueue(self.clock), self.clock, names)
        self.returning = Returning(
            self.ledger, observe, checkouts, hand_over, self.clock, self.policy
        )

    async def keep(self, *entities: AnyEntity) -> None:
        """Have the ledger hold these."""
        for entity in entities:
            await self.ledger.commit(Change(entity, None))

    async def signed_up(self, *entities: AnyEntity, **rest: Any) -> str:
        """Have a buyer sign up; the token of the way back comes back."""
        given: dict[str, Any] = {
            "id": sign_up_id("key-1"),
            "gateway": "gate",
            "created_at": NOON,
            "updated_at": NOON,
            "digest": "d",
            "plan": "P-1",
            "merchant_reference": "customer-1",
            "return_digest": secret_digest(SECRET),
            "opened": "gate-I-1",
            "approval_url": "https://gate.example/approve?ba_token=BA-1",
        }
        made = SignUp(**{**given, **rest})
        await self.keep(made, *entities)
        return return_token(made.id, SECRET)
