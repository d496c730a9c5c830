"""Work under way: what the sweep takes up and when, and what a message carries."""

from __future__ import annotations

from datetime import timedelta

from penstock.api import Unanswered
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.errors import ChannelUnavailable
from penstock.ports import Outgoing
from penstock.queries.work import FindWork
from tests.unit.operators.desk import order
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import CALLER, World


async def test_an_unknown_charge_is_shown_with_its_next_look():
    world = World(Acme(answers=[Unanswered("timeout")]))
    await world.payments.send(Outgoing(order("p1"), "p1", "p1"))
    await world.consume(world.payments, world.dispatch)

    due = await FindWork(world.ledger, world.clock).due(10)

    (one,) = due
    assert ("payment#p1", "charge", "unknown", 1, "timeout") == (
        one.entity,
        one.what,
        one.state,
        one.attempts,
        one.because,
    )
    assert one.next_at is not None
    assert one.next_at > world.clock.now()


async def test_a_charge_that_a_message_carries_is_shown_without_a_time():
    world = World()
    await world.accept("key", "acme", Order(Money(1250, "USD")), CALLER)

    find = FindWork(world.ledger, world.clock)

    (one,) = await find.carried(1, 10)
    assert [] == await find.due(10)
    assert ("charge", "reserved", None, world.clock.now()) == (
        one.what,
        one.state,
        one.next_at,
        one.tried_at,
    )


async def test_events_that_have_not_left_are_shown():
    world = World(Acme())
    await world.payments.send(Outgoing(order("p1"), "p1", "p1"))

    class Full:
        async def send(self, message: Outgoing) -> None:
            raise ChannelUnavailable("no answer")

    world.events = Full()  # type: ignore[assignment]  # a topic that takes nothing
    await world.consume(world.payments, world.dispatch)

    (one,) = await FindWork(world.ledger, world.clock).due(10)

    assert ("events", "1 not published") == (one.what, one.state)
    assert one.next_at == world.clock.now() + timedelta(seconds=60)
