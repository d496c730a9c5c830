"""What the ledger has lacked for half an hour is counted; nothing stays missing for so long."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.payment import Payment
from penstock.ports import Outgoing
from tests.depth import examples
from tests.unit.pipeline.lacking import TEN_MINUTES, bank, begun, held, processed
from tests.unit.pipeline.listing import at, made
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import World


class TestMissed:
    """`webhook.missed`: the ledger has lacked a notification for half an hour."""

    async def test_a_notification_that_was_lost_for_half_an_hour_is_counted(self):
        world = await begun(made(1, at(minutes=1)))
        world.clock.advance(30 * 60)

        assert [] == await missed(world)
        world.clock.advance(60)
        assert ["WH-1"] == await missed(world)

    async def test_one_that_may_be_in_a_queue_is_not(self):
        world = await begun(made(1, at(minutes=1)))
        await world.deliveries.send(Outgoing("{}", "g", "d"))
        world.clock.advance(60 * 60)

        assert [] == await missed(world)

    async def test_more_than_the_queues_hold_are(self):
        world = await begun(made(1, at(minutes=1)), made(2, at(minutes=1)))
        await world.deliveries.send(Outgoing("{}", "g", "d"))
        world.clock.advance(60 * 60)

        assert ["WH-1", "WH-2"] == sorted(await missed(world))

    async def test_a_list_that_is_cut_for_good_is_counted(self):
        world = await begun(*(made(n, at(minutes=1)) for n in range(30)), most=20)
        world.clock.advance(TEN_MINUTES)

        assert {None} == set(await missed(world))


async def missed(world: World) -> list[str | None]:
    with structlog.testing.capture_logs() as logs:
        await world.gaps()
    await world.drain(world.verified)
    return [line.get("event_id") for line in logs if line["event"] == "webhook.missed"]


minutes = st.integers(0, 180)


@settings(max_examples=examples(20), deadline=None)
@given(
    lost=st.lists(st.tuples(minutes, st.integers(0, 50)), max_size=25),
    crashes=st.lists(st.integers(1, 30), max_size=12),
    most=st.integers(10, 20),
)
async def test_nothing_stays_missing_for_half_an_hour_after_the_list_shows_it(
    lost: list[tuple[int, int]], crashes: list[int], most: int
):
    """
    Whatever is lost, listed late or crashes: a run comes every ten minutes, every other dies.
    """
    world = await begun(most=most)
    shown = {f"WH-{n}": at(minutes=made_at + lag) for n, (made_at, lag) in enumerate(lost)}
    events = [made(n, at(minutes=made_at)) for n, (made_at, _) in enumerate(lost)]
    for number in range(30):
        world.clock.advance(TEN_MINUTES)
        now = world.clock.now()
        bank(world).made = [one for one in events if shown[one.id] <= now]
        if number % 2 and crashes:
            world.wrap = Dying(crashes.pop(), after=number % 4 == 1)
        with suppress(Killed):
            await world.gaps()
        world.wrap = lambda port: port
        await processed(world)
        due = {one for one, moment in shown.items() if moment <= now - timedelta(minutes=30)}
        assert due <= await held(world)
    told = Counter(event.type for event in await world.published())
    assert {1} >= set(told.values())
    payment = await world.ledger.load(Payment, "acme-SALE1")
    assert bool(lost) == (payment is not None)
