"""Late lists, wrong clocks and short runs: what a gateway lists is found all the same."""

from contextlib import suppress
from datetime import timedelta

import pytest

from penstock.pipeline.batch import MARGIN
from penstock.pipeline.gaps import FAR, OVERLAP, Compared
from tests.unit.pipeline.acme import NOON
from tests.unit.pipeline.lacking import TEN_MINUTES, bank, begun, held, later, mark, processed
from tests.unit.pipeline.listing import at, ids, made
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import ITEM_TIMEOUT, World


@pytest.mark.parametrize("minutes", [1, 30, 50])
async def test_a_notification_that_is_listed_late_is_found_soon_after(minutes: float):
    world = await begun(lags=timedelta(minutes=minutes))
    bank(world).made += [made(n, at(minutes=5 * n)) for n in range(1, 30)]
    for _ in range(30):
        await later(world)
        shown = [
            one
            for one in bank(world).made
            if one.occurred_at + bank(world).lags + timedelta(minutes=15) <= world.clock.now()
        ]
        assert set(ids(shown)) <= await held(world)


async def test_a_notification_that_is_listed_a_day_late_is_found_within_hours():
    assert FAR > timedelta(days=1) > OVERLAP
    world = await begun(made(1, at(minutes=5)), made(2, at(hours=20)))
    for _ in range(6 * 24):
        await later(world)
    bank(world).made.append(made(3, at(minutes=10)))

    for _ in range(6 * 6 + 1):
        await later(world)

    assert "WH-3" in await held(world)


async def test_a_notification_that_the_list_shows_no_longer_is_not_asked_for():
    world = await begun(made(1, at(minutes=1)))
    await later(world)

    await later(world, timedelta(days=60).total_seconds())

    assert min(since for since, _ in bank(world).asked[1:]) >= NOON - timedelta(minutes=6)
    assert world.clock.now() - bank(world).asked[-1][0] <= timedelta(days=29, seconds=1)


async def test_a_clock_that_was_ahead_for_a_while_skips_nothing():
    world = await begun(made(1, at(minutes=1)))
    world.clock.advance(timedelta(days=2).total_seconds())
    await world.gaps()
    world.clock.advance(-timedelta(days=2).total_seconds())
    bank(world).made += [made(2, at(minutes=12)), made(3, at(minutes=13))]

    for _ in range(3):
        await later(world)

    assert {"WH-1", "WH-2", "WH-3"} == await held(world)


async def test_a_clock_that_goes_back_skips_nothing():
    world = await begun(made(1, at(minutes=1)))
    await later(world)
    world.clock.advance(-timedelta(days=40).total_seconds())
    await world.gaps()
    world.clock.advance(timedelta(days=40).total_seconds())
    bank(world).made.append(made(2, at(minutes=12)))

    await later(world)

    assert {"WH-1", "WH-2"} == await held(world)


async def test_a_clock_that_was_ahead_does_not_put_off_the_look_back():
    world = await begun(made(1, at(minutes=1)), made(2, at(hours=20)))
    await later(world, timedelta(hours=20, minutes=10).total_seconds())
    world.clock.advance(timedelta(days=30).total_seconds())
    await world.gaps()
    world.clock.advance(-timedelta(days=30).total_seconds())
    bank(world).made.append(made(3, at(minutes=10)))

    for _ in range(6 * 6 + 1):
        await later(world)

    assert "WH-3" in await held(world)


async def test_nothing_begins_that_the_host_would_not_let_end():
    events = [made(n, at(seconds=8 * n)) for n in range(30)]
    world = await begun(*events, most=12)
    world.clock.advance(TEN_MINUTES)
    left = iter([1000.0, 1000.0, ITEM_TIMEOUT + MARGIN])

    (compared,) = await world.gaps(lambda: next(left))

    assert "out of time: the next run goes on" == compared.error
    assert 0 < compared.fetched < 30
    assert events[compared.fetched - 1].occurred_at == (await mark(world)).at


async def test_a_part_begins_with_a_moment_more_than_it_may_take():
    world = await begun(made(1, at(minutes=1)))
    world.clock.advance(TEN_MINUTES)

    (compared,) = await world.gaps(lambda: ITEM_TIMEOUT + MARGIN + 0.1)

    assert (None, 1) == (compared.error, compared.fetched)


class TestOutOfTime:
    """A run that has too little time does what matters most, and the next ones do the rest."""

    async def test_what_is_new_is_compared_before_the_hour_that_was_compared_already(self):
        """
        A gateway that lists more in an hour than a run can read must not hide what is new.
        """
        world = await begun(*(made(n, at(seconds=12 * n)) for n in range(250)), most=20)
        world.clock.advance(55 * 60)
        await world.gaps()
        bank(world).made.append(made(999, at(minutes=56)))

        compared = await hurried(world, asks=10)

        assert "out of time: the next run goes on" == compared.error
        assert "WH-999" in await held(world)
        assert at(minutes=56) == (await mark(world)).at

    async def test_a_look_back_of_several_runs_gets_to_its_end(self):
        """
        What was listed late at its end is found, however little of it one run can read.
        """
        world = await begun(*(made(n, at(minutes=20 * n)) for n in range(216)), most=20)
        world.clock.advance(timedelta(days=3).total_seconds())
        await world.gaps()
        await processed(world)
        bank(world).made.append(made(999, at(hours=70)))
        world.clock.advance(timedelta(hours=6).total_seconds())

        for _ in range(12):
            await hurried(world, asks=10)

        assert "WH-999" in await held(world)
        assert (await mark(world)).looked_back_to is None

    async def test_a_look_back_is_not_begun_again_before_six_hours_went_by(self):
        world = await begun(made(1, at(minutes=1)))
        world.clock.advance(timedelta(hours=6).total_seconds())
        await world.gaps()
        asked = len(bank(world).asked)
        assert world.clock.now() == (await mark(world)).looked_back_at

        await world.gaps()
        await later(world)

        assert 2 == len(bank(world).asked) - asked

    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("step", range(1, 26))
    async def test_a_look_back_killed_at_any_step_loses_nothing(self, step: int, after: bool):
        world = await begun(*(made(n, at(minutes=90 * n)) for n in range(40)), most=20)
        await later(world, timedelta(hours=60).total_seconds())
        bank(world).made.append(made(999, at(hours=58)))
        world.clock.advance(timedelta(hours=6).total_seconds())
        dying = Dying(step, after=after)
        world.wrap = dying
        with suppress(Killed):
            await world.gaps()
        world.wrap = lambda port: port
        assert dying.died, "a run has fewer calls: lower the steps"

        await later(world)

        assert "WH-999" in await held(world)


async def hurried(world: World, asks: int) -> Compared:
    """A run whose time is over once it has asked so often; and what it sent is processed."""
    world.clock.advance(TEN_MINUTES)
    began = len(bank(world).asked)
    (compared,) = await world.gaps(
        lambda: 0.0 if len(bank(world).asked) - began >= asks else 1000.0
    )
    await processed(world)
    return compared
