"""The pipeline with the PayPal plugin in it: from what PayPal sends to the events published."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from penstock.adapters.clock import SystemClock
from penstock.api import Delivery, Notification
from penstock.domain.dispute import Dispute
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.domain.record import Record
from penstock.domain.ref import EntityKind
from penstock.pipeline.batch import Result
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from penstock_paypal.gateway import PayPal
from tests.plugins.paypal.conftest import Stage
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World


@dataclass
class Platform:
    """
    The stages behind verify, over one ledger.

    Attributes:
        events: what was published, oldest first.
    """

    paypal: PayPal
    clock: FrozenClock = field(default_factory=FrozenClock)
    events: list[Event] = field(default_factory=list[Event])

    def __post_init__(self) -> None:
        # The world asks no more of its gateway than the stages do.
        self.world = World(acme=cast(Acme, self.paypal), clock=self.clock)

    async def process(self, notification: Notification, number: int = 0) -> Result:
        """One notification through process, as its queue hands it out; its first result."""
        (result,) = await self.tell(notification, number)
        return result

    async def tell(self, notification: Notification, number: int) -> list[Result]:
        """One more notification in the verified queue; the results of what it hands out."""
        await self.world.verified.send(
            Outgoing(notification.dumps(), notification.group, f"{notification.id}-{number}")
        )
        return await self.again()

    async def again(self) -> list[Result]:
        """What waits in the verified queue, once more."""
        results = await self.world.consume(self.world.verified, self.world.process)
        self.events += await self.world.published()
        return results

    async def sweep(self) -> None:
        """What is due by now."""
        await self.world.sweep()
        self.events += await self.world.published()

    async def payment(self, sale: str) -> Payment | None:
        """The payment of a sale as the ledger holds it."""
        return await self.world.ledger.load(Payment, f"paypal-{sale}")

    async def dispute(self, reference: str) -> Dispute | None:
        """A dispute as the ledger holds it."""
        return await self.world.ledger.load(Dispute, f"paypal-{reference}")

    async def record(self, event_id: str) -> Record | None:
        """A notification as the ledger holds it."""
        return await self.world.ledger.load(Record, f"paypal/{event_id}")

    def said(self, *types: str) -> list[tuple[str, str | None]]:
        """The types of what was published, with the amount that moved where it tells one."""
        return [
            (event.type, _moved(event))
            for event in self.events
            if event.ref.kind is not EntityKind.notification and (not types or event.type in types)
        ]


@dataclass
class Played:
    """A case played on the simulated PayPal, every webhook processed as it comes."""

    stage: Stage
    platform: Platform

    @classmethod
    def on(cls, stage: Stage) -> Played:
        """On that stage; our clock begins at PayPal's time."""
        return cls(stage, Platform(stage.paypal, FrozenClock(SystemClock().now())))

    async def trigger(
        self, event_type: str, books: Sequence[Any] = (), **overrides: Any
    ) -> Result:
        """An event with the world made true, `resource.` left out of the names."""
        changes = {f"resource.{name}": value for name, value in overrides.items()}
        return await self._told(event_type=event_type, set=changes, books=list(books))

    async def body(
        self, event_type: str, resource: dict[str, Any], books: Sequence[Any] = ()
    ) -> Result:
        """An event sent as it is, with what PayPal's API shows from then on."""
        event: dict[str, Any] = {
            "id": f"WH-HANDMADE{len(self.stage.received):07}-00000000000000001",
            "event_version": "1.0",
            "event_type": event_type,
            "resource": resource,
        }
        raw = base64.b64encode(json.dumps(event).encode()).decode()
        return await self._told(body=raw, books=list(books))

    async def books(self, *entries: Any) -> None:
        """What PayPal's API shows from now on."""
        async with self.stage.control.post("/_simulator/books", json=entries) as answer:
            assert answer.status == 200, await answer.text()

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.platform.clock.advance(timedelta(**span).total_seconds())

    async def _told(self, **order: Any) -> Result:
        await self.stage.trigger(**order)
        delivery: Delivery = self.stage.received[-1]
        number = len(self.stage.received)
        return await self.platform.process(self.stage.paypal.read(delivery), number)


def refund(identity: str, sale: str, total: str, currency: str, state: str) -> dict[str, Any]:
    """A v1 refund or reversal, in a body and in the books."""
    return {
        "id": identity,
        "state": state,
        "amount": {"total": total, "currency": currency},
        "sale_id": sale,
    }


def _moved(event: Event) -> str | None:
    moved = event.data.get("moved")
    return f"{moved['minor']} {moved['currency']}" if moved else None
