"""The stages behind the merchant's API for subscriptions, over one ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from penstock.adapters.memory import MemoryLedger, MemoryQueue, MemoryRestrictions
from penstock.api import SubscriptionStatus
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
from penstock.pipeline.subscribe import Subscribe
from penstock.pipeline.subscribing import Subscribing
from penstock.pipeline.subscription import ObserveSubscription
from penstock.pipeline.sweep import Sweep
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.club import NOON, URL, Club, asked
from tests.unit.pipeline.world import LEASE, UNKNOWN_AFTER, Counted, Wrap


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
