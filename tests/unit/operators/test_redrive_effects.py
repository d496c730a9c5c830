"""What became of redriven letters, as far as it is seen in time."""

from __future__ import annotations

from penstock.operators.effects import Effects
from penstock.testing.clock import FrozenClock
from tests.unit.operators.desk import (
    Desk,
    order,
    redrive,
)
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World


class Working(FrozenClock):
    """While a command waits, a consumer works."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        if self.world is not None:
            await self.world.consume(self.world.payments, self.world.dispatch)


async def test_a_waited_for_redrive_reports_its_effect():
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park(order("p1"))
    clock.world = desk.world
    report = await redrive(desk)
    effects = Effects(desk.letters(), desk.knowledge, clock)

    told = await effects.wait([one.letter for one in report.decided], 60)

    assert ["charge succeeded, attempt 1"] == list(told.values())


async def test_what_is_parked_again_is_reported_so():
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park('{"id":"p1"}', why="older reason")
    clock.world = desk.world
    report = await redrive(desk)
    effects = Effects(desk.letters(), desk.knowledge, clock)

    (told,) = (await effects.wait([one.letter for one in report.decided], 60)).values()

    assert told.startswith("parked again: MalformedMessage: ")


async def test_without_an_end_in_time_the_effect_is_said_to_be_open():
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park(order("p1"))
    report = await redrive(desk)
    effects = Effects(desk.letters(), desk.knowledge, clock)

    told = await effects.wait([one.letter for one in report.decided], 3)

    assert ["no end seen yet: no payment has this id"] == list(told.values())
