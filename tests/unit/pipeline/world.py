"""The pipeline on the memory adapters: everything real but the gateway, the time and the names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from penstock.adapters.memory import (
    MemoryLedger,
    MemoryQueue,
    MemoryRestrictions,
    MemoryWatermarks,
)
from penstock.api import Gateway
from penstock.domain.caller import READ_AND_PAY, Caller
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.domain.record import Record
from penstock.domain.rules import AccessPolicy
from penstock.pipeline.accept import Accept
from penstock.pipeline.batch import Backoff, Batch, Handle, Result
from penstock.pipeline.charge import Charge
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.finish import Finish
from penstock.pipeline.gaps import Gaps
from penstock.pipeline.gate import Gate
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.lost_payments import LostPayments
from penstock.pipeline.observe import Observe
from penstock.pipeline.orders import Action
from penstock.pipeline.process import Process
from penstock.pipeline.publish import Publish
from penstock.pipeline.recording import Recording
from penstock.pipeline.refund import Refund
from penstock.pipeline.refunding import Refunding
from penstock.pipeline.subscription import ObserveSubscription
from penstock.pipeline.sweep import Sweep
from penstock.pipeline.verify import Verify
from penstock.ports import Channel, Inbox, Ledger, Message
from penstock.testing.clock import FrozenClock
from penstock.testing.kept_events import CheckedQueue
from tests.unit.pipeline.acme import Acme

LEASE = timedelta(seconds=25)
ITEM_TIMEOUT = 20.0
UNKNOWN_AFTER = timedelta(minutes=10)
Wrap = Callable[[Any], Any]


class Counted:
    """Names that can be told beforehand."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"


CALLER = Caller("t-1", "shop", READ_AND_PAY)


@dataclass
class World:
    """
    All stages over one ledger.

    `wrap` goes around every port and the gateway, so that a test can have the process die at any
    of their calls; what they hold outlives it.
    """

    acme: Acme = field(default_factory=Acme)
    clock: FrozenClock = field(default_factory=FrozenClock)
    wrap: Wrap = lambda port: port

    def __post_init__(self) -> None:
        self.ids = Counted()
        self.ledger = MemoryLedger()
        self.watermarks = MemoryWatermarks()
        self.restrictions = MemoryRestrictions()
        self.dead = MemoryQueue(self.clock)
        self.payments = MemoryQueue(self.clock, dead_letters=self.dead)
        self.deliveries = MemoryQueue(self.clock, dead_letters=self.dead)
        self.verified = MemoryQueue(self.clock, dead_letters=self.dead)
        self.rejected = MemoryQueue(self.clock)
        self.events = CheckedQueue(self.clock)

    @property
    def gateways(self) -> dict[str, Gateway]:
        return {self.acme.name: self.wrap(self.acme)}

    @property
    def wrapped_ledger(self) -> Ledger:
        return self.wrap(self.ledger)

    @property
    def publish(self) -> Publish:
        events: Channel = self.wrap(self.events)
        return Publish(self.wrapped_ledger, events, self.clock, self.ids)

    @property
    def gate(self) -> Gate:
        return Gate(self.wrap(self.restrictions), self.clock)

    @property
    def invoicing(self) -> Invoicing:
        return Invoicing(
            self.gateways,
            self.wrapped_ledger,
            self.clock,
            self.ids,
            LEASE,
            UNKNOWN_AFTER,
            self.gate,
        )

    @property
    def charge(self) -> Charge:
        return Charge(
            self.gateways,
            self.wrapped_ledger,
            self.publish,
            self.clock,
            self.ids,
            LEASE,
            self.gate,
        )

    @property
    def observe(self) -> Observe:
        return Observe(self.gateways, self.wrapped_ledger, self.clock, self.ids)

    @property
    def observe_subscription(self) -> ObserveSubscription:
        return ObserveSubscription(
            self.gateways, self.wrapped_ledger, self.clock, self.ids, AccessPolicy()
        )

    @property
    def recording(self) -> Recording:
        return Recording(self.wrapped_ledger, self.publish, self.clock, self.ids)

    @property
    def finish(self) -> Finish:
        return Finish(
            self.wrapped_ledger,
            self.publish,
            self.observe,
            self.observe_subscription,
            self.invoicing,
            self.clock,
        )

    @property
    def process(self) -> Process:
        return Process(
            self.gateways,
            self.wrapped_ledger,
            self.wrap(self.rejected),
            self.observe,
            self.observe_subscription,
            self.checkouts,
            self.recording,
            self.finish,
            self.clock,
            self.ids,
        )

    @property
    def verify(self) -> Verify:
        return Verify(
            self.gateways, self.wrap(self.verified), self.wrap(self.rejected), self.clock
        )

    @property
    def accept(self) -> Accept:
        return Accept(
            self.wrapped_ledger, self.wrap(self.payments), self.clock, self.ids, {"acme"}
        )

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.charge, {Action.refund: self.refund})

    @property
    def refund(self) -> Refund:
        return Refund(
            self.gateways,
            self.wrapped_ledger,
            self.publish,
            self.clock,
            self.ids,
            LEASE,
            self.gate,
        )

    @property
    def refunding(self) -> Refunding:
        return Refunding(
            self.wrapped_ledger, self.hand_over, self.clock, self.ids, {self.acme.name}
        )

    @property
    def checkouts(self) -> Checkouts:
        return Checkouts(self.gateways, self.wrapped_ledger, self.clock, self.ids)

    @property
    def hand_over(self) -> HandOver:
        return HandOver(self.wrapped_ledger, self.wrap(self.payments), self.clock, self.ids)

    @property
    def sweep(self) -> Sweep:
        return Sweep(
            self.wrapped_ledger,
            self.accept,
            self.hand_over,
            self.dispatch,
            self.checkouts,
            self.finish,
            self.lost_payments,
            self.clock,
            self.ids,
            ITEM_TIMEOUT,
            self.gate,
        )

    @property
    def lost_payments(self) -> LostPayments:
        verified: Channel = self.wrap(self.verified)
        return LostPayments(self.gateways, self.wrapped_ledger, verified, self.clock)

    @property
    def gaps(self) -> Gaps:
        return Gaps(
            self.gateways,
            self.wrapped_ledger,
            self.wrap(self.watermarks),
            self.wrap(self.verified),
            [self.wrap(self.deliveries), self.wrap(self.verified)],
            self.clock,
            ITEM_TIMEOUT,
        )

    async def consume(self, inbox: MemoryQueue, handle: Handle) -> list[Result]:
        """One batch, as a host runs it: what is done or parked is deleted."""
        port: Inbox = self.wrap(inbox)
        messages = await inbox.receive(10, 0)
        batch = Batch("test", handle, port, self.clock, Backoff(2, 900), item_timeout=20)
        results = await batch.run(messages, lambda: 3600.0)
        for message, result in zip(messages, results, strict=True):
            if result.status != "retry":
                await inbox.delete(message)
        return results

    async def drain(self, queue: MemoryQueue) -> list[Message]:
        """Everything a queue holds, in order."""
        held: list[Message] = []
        while batch := await queue.receive(10, 0):
            held += batch
            for message in batch:
                await queue.delete(message)
        return held

    async def payment(self, identity: str = "acme-SALE1") -> Payment:
        """A payment as the ledger holds it."""
        held = await self.ledger.load(Payment, identity)
        assert held is not None
        return held

    async def record(self, event_id: str = "WH-1") -> Record | None:
        """A notification as the ledger holds it."""
        return await self.ledger.load(Record, f"{self.acme.name}/{event_id}")

    async def published(self) -> list[Event]:
        """The events that left, in order."""
        return [Event.loads(message.body) for message in await self.drain(self.events)]


def message(body: str, *, group: str = "g", number: int = 1, receives: int = 1) -> Message:
    """A message that some queue hands out."""
    return Message(f"m-{number}", body, group, f"r-{number}", receives)
