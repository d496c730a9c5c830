"""What a gateway lists and the ledger lacks is found, processed once, and soon."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.delivery import Notification
from penstock.domain.payment import Payment
from penstock.domain.record import Record
from penstock.errors import ChannelUnavailable, GatewayUnavailable
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.gaps import BACKLOG, FAR, OVERLAP, Compared
from penstock.ports import Outgoing, Watermark
from tests.depth import examples
from tests.unit.pipeline.acme import NOON, notification
from tests.unit.pipeline.listing import Listing, at, ids, made
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import ITEM_TIMEOUT, World

TEN_MINUTES = 600


async def begun(*events: Notification, **listing: object) -> World:
    """A platform whose gap detector began at noon, beside a gateway that lists those."""
    bank = Listing(made=list(events), **listing)  # type: ignore[arg-type] # its own fields
    world = World(bank)
    bank.clock = world.clock
    await world.gaps()
    return world


def bank(world: World) -> Listing:
    assert isinstance(world.acme, Listing)
    return world.acme


async def later(world: World, seconds: float = TEN_MINUTES) -> Compared:
    """Let time pass, compare, and process what was sent."""
    world.clock.advance(seconds)
    (compared,) = await world.gaps()
    await processed(world)
    return compared


async def processed(world: World) -> None:
    while await world.consume(world.verified, world.process):
        pass


async def held(world: World) -> set[str]:
    """The ids of the notifications that the ledger holds."""
    found = [await world.record(one.id) for one in bank(world).made]
    return {one.id.partition("/")[2] for one in found if one is not None}


async def mark(world: World) -> Watermark:
    found = await world.watermarks.get("acme")
    assert found is not None
    return found


async def test_a_notification_whose_webhook_was_lost_is_processed():
    world = await begun(made(1, at(minutes=1)))

    compared = await later(world)

    assert Compared("acme", listed=1, fetched=1) == compared
    assert {"WH-1"} == await held(world)
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]


async def test_the_first_run_looks_at_nothing_from_before_it():
    world = await begun(made(1, at(minutes=-6)), made(2, at(days=-2)))

    for _ in range(40):
        await later(world)

    assert set() == await held(world)
    assert not await world.ledger.find(notification().subject)  # type: ignore[arg-type]


async def test_a_notification_that_may_be_on_its_way_is_left_alone():
    world = await begun(made(1, at(minutes=6)))

    assert 0 == (await later(world)).fetched
    assert 1 == (await later(world)).fetched


async def test_what_the_ledger_holds_is_not_fetched():
    world = await begun(made(1, at(minutes=1)))
    came = replace(notification(), id="WH-1")
    await world.verified.send(Outgoing(came.dumps(), came.group, "d"))
    await processed(world)

    assert Compared("acme", listed=1, fetched=0) == await later(world)


@pytest.mark.parametrize("first", ["webhook", "fetched"])
async def test_a_webhook_that_comes_late_is_the_notification_that_was_fetched(first: str):
    world = await begun(made(1, at(minutes=1)))
    came = replace(notification(), id="WH-1")
    sent = Outgoing(came.dumps(), came.group, "d")
    if first == "fetched":
        await later(world)
        await world.verified.send(sent)
    else:
        world.clock.advance(TEN_MINUTES)
        await world.gaps()
        await world.verified.send(sent)
        # The webhook's copy is taken first.
        queued = await world.drain(world.verified)
        for one in reversed(queued):
            await world.verified.send(Outgoing(one.body, one.group, one.id))
    await processed(world)

    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]
    records = [ref for ref in world.ledger._entities if ref.kind is Record.kind]
    assert ["acme/WH-1"] == [ref.id for ref in records]


async def test_what_one_process_has_seen_in_the_ledger_is_not_read_again():
    world = await begun(made(1, at(minutes=1)))
    await later(world)
    gaps, reads = world.gaps, Dying(10_000, after=False)
    gaps = replace(gaps, ledger=reads(world.ledger))

    for _ in range(3):
        world.clock.advance(60)
        await gaps()

    assert 1 == 10_000 - reads._left


async def test_the_watermark_is_the_newest_notification_that_was_compared():
    world = await begun(made(1, at(minutes=1)), made(2, at(minutes=4)))

    await later(world)

    assert at(minutes=4) == (await mark(world)).at


async def test_a_quiet_gateway_leaves_the_watermark_where_it_is():
    world = await begun()
    before = await mark(world)

    await later(world)

    assert before == await mark(world)


async def test_the_watermark_stays_when_the_gateway_gives_no_answer():
    world = await begun(made(1, at(minutes=1)), failures=[GatewayUnavailable("away")])
    before = await mark(world)

    compared = await later(world)

    assert ("GatewayUnavailable: away", before) == (compared.error, await mark(world))
    assert 1 == (await later(world)).fetched


async def test_the_watermark_stays_when_the_queue_takes_nothing():
    world = await begun(made(1, at(minutes=1)))
    before = await mark(world)

    class Away:
        async def send(self, message: Outgoing) -> None:
            raise ChannelUnavailable("away")

    world.clock.advance(TEN_MINUTES)
    gaps = replace(world.gaps, verified=Away())
    (compared,) = await gaps()

    assert ("ChannelUnavailable: away", before) == (compared.error, await mark(world))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 16))
async def test_a_run_killed_at_any_step_loses_nothing_and_doubles_nothing(step: int, after: bool):
    world = await begun(*(made(n, at(minutes=1, seconds=n)) for n in range(3)))
    dying = Dying(step, after=after)
    world.wrap = dying
    world.clock.advance(TEN_MINUTES)
    with suppress(Killed):
        await world.gaps()
    world.wrap = lambda port: port

    await processed(world)
    await later(world)

    assert {"WH-0", "WH-1", "WH-2"} == await held(world)
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]


async def test_the_steps_above_cover_every_call_of_a_run():
    world = await begun(*(made(n, at(minutes=1, seconds=n)) for n in range(3)))
    never = Dying(10_000, after=False)
    world.wrap = never
    world.clock.advance(TEN_MINUTES)

    await world.gaps()

    assert 16 > 10_000 - never._left


async def test_two_runs_at_once_process_everything_once():
    world = await begun(*(made(n, at(minutes=1, seconds=n)) for n in range(30)), most=12)
    world.clock.advance(TEN_MINUTES)

    await asyncio.gather(world.gaps(), world.gaps())
    await processed(world)

    assert 30 == len(await held(world))
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]
    assert at(minutes=1, seconds=29) == (await mark(world)).at


async def test_a_run_that_another_one_overtook_ends():
    world = await begun(made(1, at(minutes=1)))
    known = await mark(world)
    ahead = replace(known, at=at(minutes=2))
    load = world.watermarks.move

    async def overtaken(gateway: str, held: Watermark | None, to: Watermark) -> bool:
        await load(gateway, held, ahead)
        return await load(gateway, held, to)

    world.watermarks.move = overtaken  # type: ignore[method-assign] # another run's write

    assert 1 == (await later(world)).fetched
    assert ahead == await mark(world)


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


async def test_nothing_is_added_to_a_queue_that_is_backed_up():
    world = await begun(made(1, at(minutes=1)))
    for number in range(BACKLOG + 1):
        await world.verified.send(Outgoing("{}", str(number), str(number)))
    world.clock.advance(TEN_MINUTES)

    with structlog.testing.capture_logs() as logs:
        (compared,) = await world.gaps()

    assert (0, []) == (compared.listed, bank(world).asked)
    assert "gaps.wait" in [line["event"] for line in logs]


async def test_one_gateway_that_fails_does_not_stop_the_others():
    world = await begun(made(1, at(minutes=1)))
    broken = Listing(name="broken", failures=[ValueError("a bug")])
    gaps = replace(world.gaps, gateways={"broken": broken, "acme": world.acme})
    await gaps()
    world.clock.advance(TEN_MINUTES)

    first, second = await gaps()

    assert ("unexpected ValueError", None) == (first.error, second.error)
    assert 1 == second.fetched


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

        await later(world)

        assert 1 == len(bank(world).asked) - asked

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
