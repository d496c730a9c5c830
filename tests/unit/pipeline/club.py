"""A gateway that sells subscriptions, in miniature, and the stages that ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.adapters.memory import MemoryLedger, MemoryQueue, MemoryRestrictions
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
from penstock.domain.events import Event
from penstock.domain.rules import AccessPolicy
from penstock.domain.signup import SignUp, sign_up_id
from penstock.domain.subscription import Subscription
from penstock.pipeline.accept import Accept
from penstock.pipeline.charge import Charge
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.finish import Finish
from penstock.pipeline.gate import Gate
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.lost_payments import LostPayments
from penstock.pipeline.manage import Manage
from penstock.pipeline.observe import Observe
from penstock.pipeline.plans import PlanList
from penstock.pipeline.publish import Publish
from penstock.pipeline.subscribe import SignUpRequest, Subscribe
from penstock.pipeline.subscribing import Subscribing
from penstock.pipeline.subscription import ObserveSubscription
from penstock.pipeline.sweep import Sweep
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.world import LEASE, UNKNOWN_AFTER, Counted, Wrap

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


@dataclass
class Desk:
    """The stages behind the merchant's API, over one ledger; `wrap` goes around every port."""

    club: Club = field(default_factory=Club)
    clock: FrozenClock = field(default_factory=FrozenClock)
    wrap: Wrap = lambda port: port

    def __post_init__(self) -> None:
        self.ids = Counted()
        self.ledger = MemoryLedger()
        self.restrictions = MemoryRestrictions()
        self.events = MemoryQueue(self.clock)
        self.payments = MemoryQueue(self.clock, dead_letters=MemoryQueue(self.clock))
        self.plans = PlanList({"club": self.club}, self.clock)

    @property
    def publish(self) -> Publish:
        return Publish(self.wrap(self.ledger), self.wrap(self.events), self.clock, self.ids)

    @property
    def observe(self) -> ObserveSubscription:
        gateways = {"club": self.wrap(self.club)}
        policy = AccessPolicy()
        return ObserveSubscription(gateways, self.wrap(self.ledger), self.clock, self.ids, policy)

    @property
    def gate(self) -> Gate:
        return Gate(self.wrap(self.restrictions), self.clock)

    @property
    def finish(self) -> Finish:
        ledger, gateways = self.wrap(self.ledger), {"club": self.wrap(self.club)}
        return Finish(
            ledger,
            self.publish,
            Observe(gateways, ledger, self.clock, self.ids),
            self.observe,
            Invoicing(gateways, ledger, self.clock, self.ids, LEASE, UNKNOWN_AFTER, self.gate),
            self.clock,
        )

    @property
    def subscribing(self) -> Subscribing:
        return Subscribing({"club": self.wrap(self.club)}, self.plans)

    @property
    def subscribe(self) -> Subscribe:
        ledger = self.wrap(self.ledger)
        return Subscribe(
            self.subscribing, ledger, self.finish, self.clock, self.ids, LEASE, URL, "Ann's"
        )

    @property
    def manage(self) -> Manage:
        return Manage(
            self.subscribing,
            self.wrap(self.ledger),
            self.observe,
            self.publish,
            self.clock,
            self.ids,
            URL,
        )

    @property
    def sweep(self) -> Sweep:
        ledger = self.wrap(self.ledger)
        return Sweep(
            ledger,
            Accept(ledger, self.payments, self.clock, self.ids, ()),
            HandOver(ledger, self.payments, self.clock, self.ids),
            Dispatch(Charge({}, ledger, self.publish, self.clock, self.ids, LEASE, self.gate), {}),
            Checkouts({}, ledger, self.clock, self.ids),
            self.finish,
            LostPayments({"club": self.wrap(self.club)}, ledger, self.payments, self.clock),
            self.clock,
            self.ids,
            20.0,
            self.gate,
        )

    async def sign_up(self, key: str = "key-1") -> SignUp:
        """A sign-up as the ledger holds it."""
        held = await self.ledger.load(SignUp, sign_up_id(key))
        assert held is not None
        return held

    async def subscription(self, identity: str = "club-I-1") -> Subscription:
        """A subscription as the ledger holds it."""
        held = await self.ledger.load(Subscription, identity)
        assert held is not None
        return held

    async def published(self) -> list[str]:
        """The types of the events that left, in order."""
        types: list[str] = []
        while batch := await self.events.receive(10, 0):
            types += [Event.loads(message.body).type for message in batch]
            for message in batch:
                await self.events.delete(message)
        return types

    async def active(self) -> Subscription:
        """A subscription that its buyer has approved."""
        await self.subscribe("key-1", asked())
        self.club.become("I-1", SubscriptionStatus.active, at=NOON + timedelta(seconds=1))
        await self.published()
        return await self.subscription()


DOWN = GatewayUnavailable("the gateway is away")
