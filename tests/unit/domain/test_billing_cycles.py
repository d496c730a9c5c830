"""Which billing cycle a payment is for, in subscriptions of many years."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules.schedule import period_of
from penstock.domain.subscription import Span
from tests.unit.domain.story import FREE_WEEK, PRICE, START


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
