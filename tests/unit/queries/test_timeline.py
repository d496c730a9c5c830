"""What is told of one payment: its gateway's notifications, events, deliveries, operators."""

from __future__ import annotations

from penstock.adapters.memory import MemoryAttempts, MemoryAudit
from penstock.domain.record import Became
from penstock.queries.audit import ListAudit
from penstock.queries.timeline import ReadTimeline, Timeline
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.invoicing import arrive
from tests.unit.pipeline.world import World


async def read(world: World, payment: str) -> Timeline | None:
    listed = ListAudit(MemoryAudit(), world.clock)
    had, sinks = MemoryAttempts(), {"slack": None}
    return await ReadTimeline(world.ledger, had, world.restrictions, listed, sinks)(payment)


async def test_a_payment_has_the_notifications_that_concern_it_with_what_became_of_them():
    world = World(Acme())
    await arrive(world)
    await world.consume(world.verified, world.process)

    found = await read(world, "acme-SALE1")

    assert found is not None
    (heard,) = found.notifications
    assert ("acme", Became.applied) == (heard.gateway, heard.became)
    assert ["payment.succeeded", "invoice.paid"] == [str(one.event.type) for one in found.told]


async def test_a_payment_that_is_not_there_has_no_timeline():
    assert None is await read(World(), "acme-SALE9")
