"""A delivery that was answered 202 while our clock was slow ends as verified, not as rejected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from penstock.api import Authenticity, Delivery, Notification
from penstock.pipeline.verify import Verify
from penstock.ports import Outgoing
from penstock_paypal.simulator.authority import Authority
from penstock_paypal.webhooks import notification as notifications
from tests.plugins.paypal.signing import SENT
from tests.plugins.paypal.signing import World as Signing
from tests.unit.pipeline.world import World


@dataclass
class Verifying:
    """PayPal as far as verify needs it."""

    signing: Signing
    name: str = "paypal"

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """As the plugin has it."""
        return await self.signing.signatures.authenticate(delivery, now)

    def read(self, delivery: Delivery) -> Notification:
        """As the plugin has it."""
        return notifications.read(delivery)


@pytest.mark.parametrize("ahead", [6, 10, 60])
async def test_a_delivery_from_ahead_of_our_clock_waits_and_is_verified(ahead: int) -> None:
    signing = Signing.of(Authority.make(SENT - timedelta(days=30)))
    world = World()
    verify = Verify({"paypal": Verifying(signing)}, world.verified, world.rejected, world.clock)
    now = world.clock.now()
    minutes = (now - SENT).total_seconds() / 60 + ahead
    delivery = replace(signing.genuine(at=minutes), received_at=now)
    await world.deliveries.send(Outgoing(delivery.dumps(), group=delivery.id, dedup=delivery.id))

    for _ in range(ahead):
        await world.consume(world.deliveries, verify)
        world.clock.advance(60)

    assert [delivery.id] == [
        Notification.loads(sent.body).delivery_id for sent in await world.drain(world.verified)
    ]
    assert ([], []) == (await world.drain(world.rejected), await world.drain(world.dead))
