"""A gateway that sells subscriptions, in miniature, and the stages that ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.api import (
    BillingCycle,
    CollectAnswer,
    CollectRequest,
    Done,
    GatewayUnavailable,
    Interval,
    IntervalUnit,
    ManageAnswer,
    Money,
    Payer,
    Plan,
    PlanOffer,
    PlanStatus,
    Revised,
    SubscribeAnswer,
    Subscribed,
    Subscriber,
    SubscriptionObservation,
    SubscriptionRequest,
    SubscriptionStatus,
    Succeeded,
)
from penstock.pipeline.subscribe import SignUpRequest

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MONTHLY = (BillingCycle(Interval(IntervalUnit.month), Money(990, "EUR")),)
GOLD = PlanOffer("GOLD", "Gold", PlanStatus.active, MONTHLY, "Everything")
OLD = PlanOffer("OLD", "Old", PlanStatus.inactive, MONTHLY)
URL = "https://pay.example.org"
ANN = Subscriber("Ann", "Buyer", "ann@example.org")


def asked(**changes: Any) -> SignUpRequest:
    """What a merchant's backend asks for."""
    return replace(SignUpRequest("club", "GOLD", "customer-12", ANN), **changes)


@dataclass
class Club:
    """
    Plans and subscriptions, scripted by data.

    Attributes:
        answers: what to answer to the next creates; with `opens_before_answering` the
            subscription is there all the same.
        manage_answers: the same for cancel, suspend, resume and revise.
        collected: what it took of what is owed, by operation id; `collect_answers` as `answers`.
        unavailable: what reading plans and subscriptions raises.
    """

    name: str = "club"
    offers: list[PlanOffer] = field(default_factory=lambda: [GOLD, OLD])
    opened: dict[str, str] = field(default_factory=dict[str, str])
    held: dict[str, SubscriptionObservation] = field(
        default_factory=dict[str, SubscriptionObservation]
    )
    requests: list[SubscriptionRequest] = field(default_factory=list[SubscriptionRequest])
    answers: list[SubscribeAnswer] = field(default_factory=list[SubscribeAnswer])
    opens_before_answering: bool = False
    manage_answers: list[Any] = field(default_factory=list[Any])
    acts_before_answering: bool = False
    asked_to: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    actions: int = 0
    plan_calls: int = 0
    unavailable: Exception | None = None
    on_plans: Callable[[], Any] = lambda: None
    on_create: Callable[[], Any] = lambda: None
    collected: dict[str, Money] = field(default_factory=dict[str, Money])
    collect_calls: list[CollectRequest] = field(default_factory=list[CollectRequest])
    collect_answers: list[CollectAnswer] = field(default_factory=list[CollectAnswer])
    collects_before_answering: bool = False
    collect_window: timedelta = timedelta(hours=72)

    async def collect(self, request: CollectRequest) -> CollectAnswer:
        self.collect_calls.append(request)
        if self.collect_answers:
            if self.collects_before_answering:
                self.collected.setdefault(request.operation_id, request.amount)
            return self.collect_answers.pop(0)
        self.collected.setdefault(request.operation_id, request.amount)
        return Succeeded("SALE-1")

    async def plans(self) -> list[PlanOffer]:
        self.plan_calls += 1
        if (waits := self.on_plans()) is not None:
            await waits
        if self.unavailable is not None:
            raise self.unavailable
        return self.offers

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        if self.unavailable is not None:
            raise self.unavailable
        return self.held.get(reference)

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        self.requests.append(request)
        if (waits := self.on_create()) is not None:
            await waits
        if self.answers:
            if self.opens_before_answering:
                self._open(request)
            return self.answers.pop(0)
        return self._open(request)

    async def cancel_subscription(self, reference: str, reason: str) -> ManageAnswer:
        return self._managed("cancel", reference, SubscriptionStatus.cancelled, reason)

    async def suspend_subscription(self, reference: str, reason: str) -> ManageAnswer:
        return self._managed("suspend", reference, SubscriptionStatus.suspended, reason)

    async def resume_subscription(self, reference: str, reason: str) -> ManageAnswer:
        return self._managed("resume", reference, SubscriptionStatus.active, reason)

    async def revise_subscription(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> Any:
        self.asked_to.append(("revise", plan))
        if self.manage_answers:
            return self.manage_answers.pop(0)
        self.held[reference] = replace(self.held[reference], as_of=NOON + timedelta(minutes=2))
        return Revised(f"https://club.test/revise/{reference}?back={return_url}")

    def _managed(
        self, action: str, reference: str, status: SubscriptionStatus, reason: str
    ) -> ManageAnswer:
        self.asked_to.append((action, reason))
        self.actions += 1
        if not self.manage_answers or self.acts_before_answering:
            self.become(reference, status, at=NOON + timedelta(days=2 * self.actions))
        return self.manage_answers.pop(0) if self.manage_answers else Done()

    def become(self, reference: str, status: SubscriptionStatus, *, at: datetime = NOON) -> None:
        """Give a subscription another status, as the gateway's own pages would."""
        self.held[reference] = replace(self.held[reference], status=status, status_at=at, as_of=at)

    def _open(self, request: SubscriptionRequest) -> Subscribed:
        reference = self.opened.setdefault(request.operation_id, f"I-{len(self.opened) + 1}")
        url = f"https://club.test/approve/{reference}"
        if reference not in self.held:
            who = request.subscriber
            self.held[reference] = SubscriptionObservation(
                reference,
                SubscriptionStatus.approval_pending,
                NOON,
                Plan("GOLD", "Gold"),
                MONTHLY,
                status_at=NOON,
                as_of=NOON,
                merchant_reference=request.reference,
                subscriber=Payer(None, f"{who.given_name} {who.surname}", who.email),
                links={"approve": url},
            )
        return Subscribed(reference, url)


DOWN = GatewayUnavailable("the gateway is away")
