"""What a gateway lists and the ledger lacks is found, processed once, and soon."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
import structlog

from penstock.domain.record import Record
from penstock.errors import ChannelUnavailable, GatewayUnavailable
from penstock.pipeline.gaps import BACKLOG, Compared
from penstock.ports import Outgoing, Watermark
from tests.unit.pipeline.acme import notification
from tests.unit.pipeline.lacking import TEN_MINUTES, bank, begun, held, later, mark, processed
from tests.unit.pipeline.listing import Listing, at, made
from tests.unit.pipeline.test_kill import Dying, Killed


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


async def test_nothing_is_added_to_a_queue_that_is_backed_up():
    world = await begun(made(1, at(minutes=1)))
    for number in range(BACKLOG + 1):
        await world.verified.send(Outgoing("{}", str(number), str(number)))
    world.clock.advance(TEN_MINUTES)

    with structlog.testing.capture_logs() as logs:
        (compared,) = await world.gaps()

    assert (0, []) == (compared.listed, bank(world).asked)
    assert "gaps.wait" in [line["event"] for line in logs]


async def test_what_is_added_to_a_queue_counts_by_the_queue_that_takes_it():
    world = await begun(made(1, at(minutes=1)))
    for number in range(BACKLOG):
        await world.verified.send(Outgoing("{}", str(number), str(number)))
    for number in range(BACKLOG + 1):
        await world.rejected.send(Outgoing("{}", str(number), str(number)))
    world.clock.advance(TEN_MINUTES)
    gaps = replace(world.gaps, intake=[world.deliveries, world.rejected, world.verified])

    (compared,) = await gaps()

    assert (1, 1) == (compared.listed, compared.fetched)


@pytest.mark.parametrize(
    ("held", "remembered"), [(0, 1), (19_999, 20_000), (20_000, 20_000), (20_005, 20_005)]
)
async def test_one_process_remembers_so_many_notifications_and_forgets_the_oldest(
    held: int, remembered: int
):
    world = await begun(made(1, at(minutes=1)))
    await later(world)
    known = {f"old-{number}": None for number in range(held)}
    gaps = replace(world.gaps, _known=known)

    assert [] == await gaps.missing([made(1, at(minutes=1))])
    assert (remembered, True) == (len(known), "acme/WH-1" in known)
    assert ("old-0" in known) == (0 < held < 20_000)


async def test_nothing_is_asked_for_before_a_second_is_over():
    world = await begun(made(1, at(minutes=-5)))

    await world.gaps()

    assert [] == bank(world).asked


async def test_a_gateway_is_asked_for_whole_seconds():
    world = await begun(made(1, at(minutes=1)))

    await later(world, 600.25)
    await later(world, 6 * 3600)

    assert 2 == len(bank(world).asked)
    assert {0} == {one.microsecond for span in bank(world).asked for one in span}


@pytest.mark.parametrize(
    ("failures", "line"),
    [
        ([], ("gaps.finished", "info", 1, 1, None)),
        ([GatewayUnavailable("x")], ("gaps.failed", "warning", 0, 0, "GatewayUnavailable: x")),
    ],
)
async def test_the_line_of_a_run_says_what_it_did_and_warns_of_a_failure(
    failures: list[Exception], line: tuple[object, ...]
):
    world = await begun(made(1, at(minutes=1)), failures=failures)
    world.clock.advance(TEN_MINUTES)

    with structlog.testing.capture_logs() as logs:
        await world.gaps()

    (told,) = [one for one in logs if one["event"].startswith("gaps.")]
    fields = ("event", "log_level", "listed", "fetched", "because")
    assert line == tuple(told[name] for name in fields)


async def test_one_gateway_that_fails_does_not_stop_the_others():
    world = await begun(made(1, at(minutes=1)))
    broken = Listing(name="broken", failures=[ValueError("a bug")])
    gaps = replace(world.gaps, gateways={"broken": broken, "acme": world.acme})
    await gaps()
    world.clock.advance(TEN_MINUTES)

    first, second = await gaps()

    assert ("unexpected ValueError", None) == (first.error, second.error)
    assert 1 == second.fetched
