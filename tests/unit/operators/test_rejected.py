"""Rejected deliveries: verified again by the same rules, with the time at which they came."""

from __future__ import annotations

from penstock.api import Forged, Notification
from penstock.domain.delivery import Delivery
from penstock.operators.dead_letters import Became, Report
from penstock.operators.effects import Effects
from penstock.operators.letters import Selection
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from tests.unit.operators.desk import WHY, Desk, bodies
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World

ALL = Selection(everything=True)
BODY = b'{"id":"WH-1"}'


async def rejected(acme: Acme, clock: FrozenClock | None = None) -> tuple[Desk, Delivery]:
    world = World(acme, clock or FrozenClock())
    came = Delivery.of("acme", {"sig": "good"}, BODY, world.clock.now())
    await world.deliveries.send(Outgoing(came.dumps(), came.id, came.id))
    await world.consume(world.deliveries, world.verify)
    return Desk(world), came


async def reverify(desk: Desk) -> Report:
    return await desk.letters("rejected").redrive(ALL, WHY, desk.audited)


async def test_a_delivery_rejected_for_our_mistake_is_verified_at_once():
    """
    Within five minutes of its rejection, too: no queue drops it for its id.
    """
    acme = Acme(authenticity=Forged("the webhook id was another"))
    desk, came = await rejected(acme)
    acme.authenticity = Acme().authenticity

    report = await reverify(desk)
    await desk.world.consume(desk.world.deliveries, desk.world.verify)

    (sent,) = await desk.world.drain(desk.world.verified)
    assert came.id == Notification.loads(sent.body).delivery_id
    assert (1, []) == (len(report.of(Became.sent_back)), await bodies(desk.world.rejected))
    (entry,) = await desk.entries()
    assert ("rejected reverify", ("queue#rejected",)) == (
        entry.begun.command,
        entry.begun.subjects,
    )


async def test_a_delivery_keeps_the_time_at_which_it_came():
    """
    A verdict that depends on a delivery's age is the same as for a late look at it.
    """
    desk, came = await rejected(Acme(authenticity=Forged("no")))
    desk.world.clock.advance(3600)

    await reverify(desk)

    (sent,) = await bodies(desk.world.deliveries)
    assert came.received_at == Delivery.loads(sent).received_at


async def test_what_the_gateways_api_contradicted_is_not_verified_again():
    desk = Desk()
    attributes = {"reason": "the gateway's API differs in: amount"}
    await desk.world.rejected.send(Outgoing(notification().dumps(), "g", "d", attributes))

    report = await reverify(desk)

    (refused,) = report.of(Became.refused)
    assert "penstock payments reprocess" in (refused.because or "")
    assert 1 == len(await bodies(desk.world.rejected))


async def test_a_second_rejection_is_reported_as_the_effect():
    class Working(FrozenClock):
        async def sleep(self, seconds: float) -> None:
            self.advance(seconds)
            await desk.world.consume(desk.world.deliveries, desk.world.verify)

    desk, _ = await rejected(Acme(authenticity=Forged("signature does not match")), Working())
    report = await reverify(desk)
    effects = Effects(desk.letters("rejected"), desk.knowledge, desk.world.clock)

    told = await effects.wait([one.letter for one in report.decided], 30)

    assert ["rejected again: signature does not match"] == list(told.values())
