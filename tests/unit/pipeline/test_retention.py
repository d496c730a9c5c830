"""Retention: each day is walked once, from the first to the last that is old enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.api import Payer
from penstock.domain.change import Change
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import LedgerConflict
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.forgetting import Forget
from penstock.pipeline.retention import MARK, Retention
from penstock.ports import Place, Watermark
from penstock.testing.builders import payment
from tests.unit.pipeline.world import ITEM_TIMEOUT, World

DAY = date(2026, 3, 1)
DAYS = 30
NAMED = Payer("P", "Ann", "ann@example.org")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def retention(world: World) -> Retention:
    ledger = world.wrapped_ledger
    forget = Forget(ledger, world.clock, world.ids)
    return Retention(ledger, world.watermarks, forget, world.clock, DAYS, ITEM_TIMEOUT)


async def mark(world: World) -> Watermark | None:
    return await world.watermarks.get(MARK)


async def begun(day: date, today: date) -> World:
    """A world in which all days up to this one are done."""
    world = World()
    world.clock.advance((midnight(today) - world.clock.now()).total_seconds())
    done = Watermark(midnight(day), midnight(date(2026, 1, 1)), midnight(date(2026, 1, 1)))
    await world.watermarks.move(MARK, None, done)
    return world


async def keep(world: World, *payments: Payment) -> None:
    for one in payments:
        await world.ledger.commit(Change(one, None))


def paid(number: int, day: date = DAY) -> Payment:
    at = midnight(day) + timedelta(seconds=number)
    return payment(f"pay-{number:03}", payer=NAMED, created_at=at, updated_at=at)


async def kept(world: World) -> list[str]:
    """The payments whose payers have their names."""
    refs = await world.ledger.of_day(DAY, 1000)
    found = [await world.payment(ref.id) for ref in refs]
    return [one.id for one in found if one.payer and one.payer.name]


async def test_the_first_run_begins_with_the_year_and_ends_after_a_month():
    world = World()

    assert 0 == await retention(world)()

    first = midnight(date(2026, 1, 1))
    assert Watermark(midnight(date(2026, 1, 31)), first, first) == await mark(world)
    await retention(world)()
    assert Watermark(midnight(date(2026, 3, 3)), first, first) == await mark(world)


@pytest.mark.parametrize(
    ("today", "reached"),
    [
        (DAY + timedelta(days=DAYS), None),
        (DAY + timedelta(days=DAYS + 1), DAY),
        (DAY + timedelta(days=DAYS + 2), DAY + timedelta(days=1)),
    ],
)
async def test_a_day_is_old_enough_once_it_is_over_for_as_long_as_names_are_kept(
    today: date, reached: date | None
):
    before = DAY - timedelta(days=1)
    world = await begun(before, today)

    await retention(world)()

    found = await mark(world)
    assert found is not None
    assert midnight(reached or before) == found.at


async def test_all_payments_of_a_day_are_forgotten_and_counted_and_those_of_the_next_are_not():
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 1))
    later = paid(200, DAY + timedelta(days=1))
    await keep(world, *(paid(number) for number in range(120)), later)

    with capture_logs() as logs:
        assert 120 == await retention(world)()

    assert [] == await kept(world)
    assert later.payer == (await world.payment(later.id)).payer
    assert [(120, str(DAY + timedelta(days=1)))] == [
        (line["payments"], line["day"]) for line in logs if line["event"] == "retention.finished"
    ]
    with capture_logs() as logs:
        assert 0 == await retention(world)()
    assert [] == logs


async def test_two_days_in_one_run_are_counted_together():
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 2))
    await keep(world, paid(1), paid(2), paid(3, DAY + timedelta(days=1)))

    assert 3 == await retention(world)()


@pytest.mark.parametrize(("left", "erased"), [(0.0, 0), (25.0, 0), (25.1, 1), (99.0, 1)])
async def test_no_payment_begins_that_the_host_would_not_let_end(left: float, erased: int):
    assert ITEM_TIMEOUT + MARGIN == 25.0
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 1))
    await keep(world, paid(1))
    asked: list[float] = []

    def remaining() -> float:
        asked.append(left)
        return left

    assert erased == await retention(world)(remaining)
    assert [left] == asked


class Around:
    """The ledger with one method replaced."""

    def __init__(self, ledger: Any, **methods: Callable[..., Any]) -> None:
        self._ledger = ledger
        for name, method in methods.items():
            setattr(self, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


@pytest.mark.parametrize("ghosts", [1, 60])
async def test_what_the_index_shows_and_the_ledger_lacks_holds_up_no_run(
    ghosts: int,
):
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 1))
    await keep(world, paid(1))
    held = world.ledger

    async def of_day(day: date, limit: int, after: Place | None = None) -> Sequence[Ref]:
        gone = [Ref(EntityKind.payment, f"gone-{number}") for number in range(ghosts)]
        real = await held.of_day(day, limit, after)
        return [*gone, *real][:limit] if after is None or ghosts > 1 else real

    ledger = Around(held, of_day=of_day)
    world.wrap = lambda port: ledger if port is held else port

    assert (1 if ghosts == 1 else 0) == await retention(world)()
    found = await mark(world)
    assert found is not None
    assert midnight(DAY) == found.at


async def test_a_payment_that_others_keep_writing_has_its_day_repeated():
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 1))
    await keep(world, paid(1), paid(2))
    before, held, writes = await mark(world), world.ledger, list[str]()

    async def commit(decided: Change[Any]) -> None:
        writes.append(decided.entity.id)
        if decided.entity.id == "pay-001":
            raise LedgerConflict("not at the expected version any more")
        await held.commit(decided)

    ledger = Around(held, commit=commit)
    world.wrap = lambda port: ledger if port is held else port

    assert 1 == await retention(world)()
    assert (before, 1) == (await mark(world), writes.count("pay-002"))
    world.wrap = lambda port: port

    assert 1 == await retention(world)()
    assert before != await mark(world)


async def test_a_run_that_another_one_overtook_ends():
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 3))
    before = await mark(world)
    stage = retention(world)
    moves: list[Watermark] = []

    class Overtaken:
        async def get(self, name: str) -> Watermark | None:
            return before

        async def move(self, name: str, held: Watermark | None, to: Watermark) -> bool:
            moves.append(to)
            return False

    await replace(stage, watermarks=Overtaken())()

    assert [midnight(DAY)] == [one.at for one in moves]


async def test_a_payment_of_a_subscription_that_is_not_in_the_ledger_is_forgotten():
    world = await begun(DAY - timedelta(days=1), DAY + timedelta(days=DAYS + 1))
    await keep(world, replace(paid(1), subscription="I-404"))

    assert 1 == await retention(world)()
    assert [] == await kept(world)
