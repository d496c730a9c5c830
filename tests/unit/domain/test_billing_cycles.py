"""Which billing cycle a payment is for, in subscriptions of many years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.money import Money
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules.schedule import free_until, period_of
from penstock.domain.subscription import Span
from tests.unit.domain.story import FREE_WEEK, MONTHLY, PRICE, START, month


@pytest.mark.parametrize("unit", list(IntervalUnit))
@pytest.mark.parametrize("trials", [(), (FREE_WEEK,), (replace(FREE_WEEK, cycles=30),)])
@given(number=st.integers(0, 200), every=st.integers(1, 3), late=st.integers(0, 10))
def test_each_cycle_of_many_years_is_found(
    unit: IntervalUnit, trials: tuple[BillingCycle, ...], number: int, every: int, late: int
):
    cycle = BillingCycle(Interval(unit, every), PRICE)
    begins = START + sum((timedelta(days=7 * one.cycles) for one in trials), timedelta())
    paid_at = cycle.interval.after(begins, number) + timedelta(minutes=late)

    period = period_of((Span(START, (*trials, cycle)),), paid_at)

    assert period is not None
    assert (cycle.interval.after(begins, number + 1), number == 0 and not trials) == (
        period.ends,
        period.first,
    )


SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("interval", "early"),
    [
        (Interval(IntervalUnit.day), timedelta(hours=22)),
        (Interval(IntervalUnit.day, 3), timedelta(hours=22)),
        (Interval(IntervalUnit.day, 4), timedelta(hours=24)),
        (Interval(IntervalUnit.week), timedelta(hours=42)),
        (Interval(IntervalUnit.day, 15), timedelta(hours=90)),
        (Interval(IntervalUnit.month), timedelta(days=4)),
        (Interval(IntervalUnit.year), timedelta(days=4)),
    ],
)
def test_a_payment_late_in_a_cycle_is_for_the_next_one(
    interval: Interval, early: timedelta
) -> None:
    """
    In its last quarter, which counts as 22 hours at least and as 4 days at most.
    """
    spans = (Span(START, (BillingCycle(interval, PRICE),)),)
    ends = [
        period and period.ends
        for before in (early + SECOND, early, SECOND)
        for period in [period_of(spans, interval.after(START, 1) - before)]
    ]

    assert [interval.after(START, 1), interval.after(START, 2), interval.after(START, 2)] == ends


@pytest.mark.parametrize(
    ("days", "ends", "first"),
    [
        (-300, 31, True),
        (-1, 31, True),
        (0, 31, True),
        (99, 100, False),
        (100, 101, False),
        (199, 200, False),
        (200, 210, False),
        (207, 210, False),
        (209, 220, False),
        (210, 220, False),
    ],
)
def test_a_payment_is_for_the_plan_that_is_billed_on_its_day(
    days: int, ends: int, first: bool
) -> None:
    """
    Whatever the hour: a gateway takes renewals at an hour of its own.
    """
    daily = BillingCycle(Interval(IntervalUnit.day), PRICE)
    ten = BillingCycle(Interval(IntervalUnit.day, 10), PRICE)
    january = BillingCycle(Interval(IntervalUnit.day, 31), PRICE)
    spans = (
        Span(START, (january,)),
        Span(START + 99 * DAY + 2 * timedelta(hours=1), (daily,)),
        Span(START + 200 * DAY, (ten,)),
    )
    hour = timedelta(hours=1) if days == 99 else timedelta()
    period = period_of(spans, START + days * DAY + hour)
    assert period is not None

    assert (START + ends * DAY).date() == period.ends.date()
    assert first is period.first


def test_without_a_plan_there_is_no_cycle_and_no_trial() -> None:
    assert period_of((), START) is None
    assert free_until(()) is None
    assert free_until((Span(START, ()),)) is None
    assert period_of((Span(START, ()),), START) is None


def test_only_the_first_cycle_of_the_first_plan_is_the_first() -> None:
    spans = (Span(START, (MONTHLY,)), Span(month(6), (MONTHLY,)))
    periods = [period_of(spans, month(nth)) for nth in (0, 1, 6, 7)]

    assert [True, False, False, False] == [one and one.first for one in periods]


@pytest.mark.parametrize(
    ("cycles", "days"),
    [
        ((), None),
        ((FREE_WEEK,), 7),
        ((FREE_WEEK, FREE_WEEK), 14),
        ((replace(FREE_WEEK, cycles=3),), 21),
        ((replace(FREE_WEEK, price=PRICE), FREE_WEEK), None),
        ((FREE_WEEK, replace(FREE_WEEK, price=Money(1, "USD")), FREE_WEEK), 7),
        ((replace(FREE_WEEK, trial=False, cycles=0),), None),
    ],
)
def test_a_free_trial_lasts_as_long_as_its_cycles(
    cycles: tuple[BillingCycle, ...], days: int | None
) -> None:
    expected = None if days is None else START + days * DAY

    assert expected == free_until((Span(START, (*cycles, MONTHLY)),))


def test_a_free_trial_after_a_paid_cycle_is_covered_to_its_end_and_no_further() -> None:
    paid = replace(FREE_WEEK, price=PRICE, cycles=2)
    spans = (Span(START, (paid, replace(FREE_WEEK, cycles=2), FREE_WEEK, MONTHLY)),)
    periods = [period_of(spans, START + days * DAY) for days in (0, 7, 14, 36)]

    assert [7, 35, 35, 35 + 31] == [one and (one.ends - START).days for one in periods]


@pytest.mark.parametrize(
    ("unit", "paid_at", "ends"),
    [
        (IntervalUnit.day, START + 19_998 * DAY, START + 19_999 * DAY),
        (IntervalUnit.day, START + 19_999 * DAY, START + 20_000 * DAY),
        (IntervalUnit.day, START + 30_000 * DAY, START + 20_000 * DAY),
        (IntervalUnit.year, START.replace(year=8999), START.replace(year=9000)),
        (IntervalUnit.year, START.replace(year=9000), START.replace(year=9001)),
        (IntervalUnit.year, START.replace(year=9001, month=3), START.replace(year=9001)),
    ],
)
def test_a_price_without_an_end_is_reckoned_for_20000_cycles_and_until_the_year_9000(
    unit: IntervalUnit, paid_at: datetime, ends: datetime
) -> None:
    period = period_of((Span(START, (BillingCycle(Interval(unit), PRICE),)),), paid_at)
    assert period is not None

    assert ends == period.ends


@pytest.mark.parametrize(
    ("unit", "times", "ends"),
    [
        (IntervalUnit.day, 2, datetime(2026, 2, 6, 18, 3, tzinfo=UTC)),
        (IntervalUnit.week, 2, datetime(2026, 3, 14, 18, 3, tzinfo=UTC)),
        (IntervalUnit.month, 2, datetime(2026, 7, 31, 18, 3, tzinfo=UTC)),
        (IntervalUnit.month, 4, datetime(2027, 1, 31, 18, 3, tzinfo=UTC)),
        (IntervalUnit.month, 1, datetime(2026, 4, 30, 18, 3, tzinfo=UTC)),
        (IntervalUnit.year, 2, datetime(2032, 1, 31, 18, 3, tzinfo=UTC)),
    ],
)
def test_an_interval_of_three_is_three_times_as_long(
    unit: IntervalUnit, times: int, ends: datetime
) -> None:
    assert ends == Interval(unit, 3).after(START, times)
    assert Interval(unit).after(START) == Interval(unit, 1).after(START, 1)


@pytest.mark.parametrize(
    ("trial", "minor", "free"),
    [(True, 0, True), (True, 1, False), (True, -1, False), (True, None, False), (False, 0, False)],
)
def test_a_cycle_is_free_if_it_is_a_trial_that_costs_nothing(
    trial: bool, minor: int | None, free: bool
) -> None:
    price = None if minor is None else Money(minor, "USD")

    assert free is BillingCycle(Interval(IntervalUnit.week), price, trial=trial).free
    assert not BillingCycle(Interval(IntervalUnit.week), price).trial
