"""Verify: authentic goes on, forged is kept apart with its reason, undecided waits."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import Forged, Undecided
from penstock.domain.delivery import Delivery, Notification
from penstock.errors import MissingCapability, UnknownGateway
from penstock.pipeline.verify import webhooks
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


async def arrive(
    world: World, body: bytes = b'{"id":"WH-1"}', sig: str = "good", gateway: str = "acme"
) -> Delivery:
    delivery = Delivery.of(gateway, {"sig": sig}, body, NOON)
    await world.deliveries.send(Outgoing(delivery.dumps(), group=delivery.id, dedup=delivery.id))
    return delivery


async def test_an_authentic_delivery_goes_on_in_its_payments_group():
    world = World()
    delivery = await arrive(world)

    await world.consume(world.deliveries, world.verify)

    (sent,) = await world.drain(world.verified)
    assert ("acme-SALE1", delivery.id) == (sent.group, Notification.loads(sent.body).delivery_id)
    assert [] == await world.drain(world.rejected)


@pytest.mark.parametrize(
    ("body", "sig", "because"),
    [
        (b'{"id":"WH-1"}', "forged", "signature does not match"),
        (b"[]", "good", "signed, and yet malformed: no notification"),
    ],
)
async def test_a_forged_or_unreadable_delivery_ends_in_rejected_with_its_reason(
    body: bytes, sig: str, because: str
):
    world = World()
    await arrive(world, body, sig)

    (result,) = await world.consume(world.deliveries, world.verify)

    (sent,) = await world.drain(world.rejected)
    assert ("done", because) == (result.status, sent.attributes["reason"])
    assert [] == await world.drain(world.verified)


async def test_what_cannot_be_decided_waits_however_long_and_is_never_dead_lettered():
    world = World(Acme(authenticity=Undecided("certificate host is down", retry_after=1)))
    await arrive(world)
    for _ in range(40):
        await world.consume(world.deliveries, world.verify)
        world.clock.advance(1)
    world.acme.authenticity = Acme().authenticity

    await world.consume(world.deliveries, world.verify)

    assert (1, 0) == (len(await world.drain(world.verified)), len(await world.drain(world.dead)))


async def test_a_rejected_delivery_that_is_sent_back_is_verified_anew():
    world = World(Acme(authenticity=Forged("its certificate was missing")))
    delivery = await arrive(world)
    await world.consume(world.deliveries, world.verify)
    (rejected,) = await world.drain(world.rejected)
    world.acme.authenticity = Acme().authenticity
    world.clock.advance(13 * 24 * 3600)

    await world.deliveries.send(Outgoing(rejected.body, group=delivery.id, dedup="reverify-1"))
    await world.consume(world.deliveries, world.verify)

    (sent,) = await world.drain(world.verified)
    assert delivery.id == Notification.loads(sent.body).delivery_id
    assert [] == await world.drain(world.rejected)


async def test_a_delivery_rejected_twice_within_five_minutes_is_not_dropped_by_the_queue():
    """
    An operator sends it back at once, and its certificate is still missing.
    """
    world = World(Acme(authenticity=Forged("its certificate was missing")))
    await arrive(world)
    await world.consume(world.deliveries, world.verify)
    (rejected,) = await world.drain(world.rejected)

    await world.deliveries.send(Outgoing(rejected.body, rejected.group, dedup=rejected.id))
    await world.consume(world.deliveries, world.verify)

    assert [rejected.body] == [one.body for one in await world.drain(world.rejected)]


async def test_a_delivery_of_a_gateway_that_is_gone_is_parked():
    world = World()
    await arrive(world, gateway="gone")

    (result,) = await world.consume(world.deliveries, world.verify)

    assert ("parked", 1) == (result.status, len(await world.drain(world.dead)))


@pytest.mark.parametrize("entity", ["acme-SALE1", None])
@pytest.mark.parametrize("sig", ["good", "forged"])
async def test_what_a_line_of_a_delivery_is_about(entity: str | None, sig: str):
    class Reads(Acme):
        def read(self, delivery: Delivery) -> Notification:
            return replace(super().read(delivery), entity=entity)

    world = World(Reads())
    delivery = await arrive(world, sig=sig)
    (message,) = await world.deliveries.receive(1, 0)

    handled = await world.verify(message)

    known = entity if sig == "good" else None
    assert (known or delivery.id[:12], 12) == (handled.entity, len(delivery.id[:12]))


def test_a_gateway_that_sends_webhooks_is_found_by_its_name():
    class Mute:
        name = "mute"

    acme = Acme()
    gateways: Any = {"acme": acme, "mute": Mute()}

    assert acme is webhooks(gateways, "acme")
    with pytest.raises(UnknownGateway):
        webhooks(gateways, "none")
    with pytest.raises(MissingCapability, match="mute sends no webhooks"):
        webhooks(gateways, "mute")
