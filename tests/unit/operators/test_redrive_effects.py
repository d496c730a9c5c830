"""What became of redriven letters, as far as it is seen in time."""

from __future__ import annotations

from datetime import datetime

from penstock.operators.dead_letters import LettersOf, Report
from penstock.operators.effects import Effects
from penstock.testing.clock import NOON, FrozenClock
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


async def test_the_dead_letters_are_looked_at_every_fifth_time_and_at_the_end():
    """
    A look hides them from others for a moment.
    """
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park(order("p1"))
    report = await redrive(desk)
    counted = Counted(desk.letters())
    effects = Effects(counted, desk.knowledge, clock)  # type: ignore[arg-type]  # lists, counted

    await effects.wait([one.letter for one in report.decided], 12)

    assert [4, 9, 12] == [(at - NOON).total_seconds() for at in counted.looks]


class Counted:
    """Letters that remember when they were looked at."""

    def __init__(self, letters: LettersOf) -> None:
        self._letters = letters
        self.queue = letters.queue
        self.looks: list[datetime] = []

    async def list(self) -> Report:
        self.looks.append(self._letters.clock.now())
        return await self._letters.list()
