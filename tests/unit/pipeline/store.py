"""The stages behind a checkout, over one ledger, and what its buyer and its merchant do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from penstock.adapters.memory import MemoryLedger, MemoryQueue, MemoryRestrictions
from penstock.api import Order
from penstock.domain.caller import READ_AND_PAY, Caller
from penstock.domain.events import Event
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.domain.rules import AccessPolicy
from penstock.pipeline.accept import Accept
from penstock.pipeline.batch import Backoff, Batch, Handle, Result
from penstock.pipeline.capture import Capture
from penstock.pipeline.charge import Charge
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.finish import Finish
from penstock.pipeline.gate import Gate
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.lost_payments import LostPayments
from penstock.pipeline.observe import Observe
from penstock.pipeline.open_checkout import OpenCheckout
from penstock.pipeline.orders import Action
from penstock.pipeline.process import Process
from penstock.pipeline.publish import Publish
from penstock.pipeline.recording import Recording
from penstock.pipeline.returning import REREAD_EVERY, Limit, Returned, Returning
from penstock.pipeline.subscription import ObserveSubscription
from penstock.pipeline.sweep import Sweep
from penstock.ports import Outgoing
from penstock.testing import builders
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.till import BOOK, PAYMENT, Till
from tests.unit.pipeline.world import LEASE, UNKNOWN_AFTER, Counted, Wrap

URL = "https://pay.example.org"
CALLER = Caller("t-1", "shop", READ_AND_PAY)


@dataclass
class Store:
    """The stages behind a checkout, over one ledger; `wrap` goes around every port."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    wrap: Wrap = lambda port: port

    def __post_init__(self) -> None:
        self.till = Till(self.clock)
        self.ids = Counted()
        self.ledger = MemoryLedger()
        self.restrictions = MemoryRestrictions()
        self.events = MemoryQueue(self.clock)
        self.payments = MemoryQueue(self.clock, dead_letters=MemoryQueue(self.clock))
        self.verified = MemoryQueue(self.clock, dead_letters=MemoryQueue(self.clock))
        self.rejected = MemoryQueue(self.clock)
        self.limit = Limit(REREAD_EVERY)

    @property
    def gateways(self) -> dict[str, Any]:
        return {"till": self.wrap(self.till)}

    @property
    def kept(self) -> Any:
        return self.wrap(self.ledger)

    @property
    def publish(self) -> Publish:
        return Publish(self.kept, self.wrap(self.events), self.clock, self.ids)

    @property
    def checkouts(self) -> Checkouts:
        return Checkouts(self.gateways, self.kept, self.clock, self.ids)

    @property
    def open(self) -> OpenCheckout:
        return OpenCheckout(self.checkouts, self.kept, self.clock, self.ids, LEASE, URL, "Ann's")

    @property
    def hand_over(self) -> HandOver:
        return HandOver(self.kept, self.wrap(self.payments), self.clock, self.ids)

    @property
    def observed(self) -> ObserveSubscription:
        return ObserveSubscription(self.gateways, self.kept, self.clock, self.ids, AccessPolicy())

    @property
    def returning(self) -> Returning:
        return Returning(
            self.kept,
            self.observed,
            self.checkouts,
            self.hand_over,
            self.clock,
            AccessPolicy(),
            self.limit,
        )

    @property
    def gate(self) -> Gate:
        return Gate(self.wrap(self.restrictions), self.clock)

    @property
    def dispatch(self) -> Dispatch:
        rest = (self.kept, self.publish, self.clock, self.ids, LEASE, self.gate)
        charge = Charge(self.gateways, *rest)
        capture = Capture(self.checkouts, *rest)
        return Dispatch(charge, {Action.capture: capture})

    @property
    def finish(self) -> Finish:
        return Finish(
            self.kept,
            self.publish,
            Observe(self.gateways, self.kept, self.clock, self.ids),
            self.observed,
            Invoicing(
                self.gateways, self.kept, self.clock, self.ids, LEASE, UNKNOWN_AFTER, self.gate
            ),
            self.clock,
        )

    @property
    def process(self) -> Process:
        return Process(
            self.gateways,
            self.kept,
            self.wrap(self.rejected),
            Observe(self.gateways, self.kept, self.clock, self.ids),
            self.observed,
            self.checkouts,
            Recording(self.kept, self.publish, self.clock, self.ids),
            self.finish,
            self.clock,
            self.ids,
        )

    @property
    def lost_payments(self) -> LostPayments:
        return LostPayments(self.gateways, self.kept, self.wrap(self.verified), self.clock)

    @property
    def sweep(self) -> Sweep:
        return Sweep(
            self.kept,
            Accept(self.kept, self.wrap(self.payments), self.clock, self.ids, ()),
            self.hand_over,
            self.dispatch,
            self.checkouts,
            self.finish,
            self.lost_payments,
            self.clock,
            self.ids,
            20.0,
            self.gate,
        )

    async def pay(self, order: Order = BOOK, key: str = "key-1") -> Payment:
        """What a merchant's backend asks for."""
        return await self.open(key, "till", order, CALLER)

    async def back(self, *, arrived: bool = True) -> Returned | None:
        """The buyer is back, or the page looks for news."""
        return await self.returning(self.token, arrived=arrived)

    @property
    def token(self) -> str:
        """What the buyer's address of return ends with."""
        return self.till.requests[0].return_url.rpartition("/")[2]

    async def tell(self, type: str, number: int = 1, **resource: Any) -> None:
        """The gateway sends a notification."""
        at = resource.pop("at", self.clock.now())
        told = builders.notification(
            id=f"WH-{number}",
            gateway="till",
            type=type,
            entity=resource.pop("payment", PAYMENT),
            resource={"checkout": "C-1", **resource},
            occurred_at=at,
            transmission=f"T-{number}",
            delivery_id=f"D-{number}",
        )
        sent = Outgoing(told.dumps(), group=told.group, dedup=told.id)
        await self.verified.send(sent)
        await self.consume(self.verified, "process")

    async def work(self) -> list[Result]:
        """payments.fifo is consumed."""
        return await self.consume(self.payments, "dispatch")

    async def consume(self, inbox: MemoryQueue, stage: str) -> list[Result]:
        """One batch, as a host runs it: what is done or parked is deleted."""
        messages = await inbox.receive(10, 0)
        handle: Handle = getattr(self, stage)
        batch = Batch(
            "test", handle, self.wrap(inbox), self.clock, Backoff(2, 900), item_timeout=20
        )
        results = await batch.run(messages, lambda: 3600.0)
        for message, result in zip(messages, results, strict=True):
            if result.status != "retry":
                await inbox.delete(message)
        return results

    async def payment(self) -> Payment:
        """The payment as the ledger holds it."""
        held = await self.ledger.load(Payment, PAYMENT)
        assert held is not None
        return held

    async def captures(self) -> list[Operation]:
        """The payment's captures, oldest first."""
        held = await self.payment()
        return [one for one in held.operations if one.kind is OperationKind.capture]

    async def told(self) -> list[str]:
        """The types of the events that left since, in order; no recorded notifications."""
        found: list[str] = []
        while messages := await self.events.receive(10, 0):
            found += [Event.loads(one.body).type for one in messages]
            for one in messages:
                await self.events.delete(one)
        return [one for one in found if one != "notification.recorded"]
