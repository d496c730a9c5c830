"""Which billing cycle a payment is for, and what a payment that went back leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.money import Money
from penstock.domain.payment import PaymentStatus, Plan
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules.schedule import period_of
from penstock.domain.subscription import Access, Span
from tests.unit.domain.story import (
    FREE_WEEK,
    MONTHLY,
    PRICE,
    START,
    Story,
    month,
    sale,
    shown,
)


# PayPal bills at 10:00 UTC, which is 03:00 in California. Its days seem to end there, at 07:00 or
# 08:00 UTC (an agreement of 2016 begins at 07:00Z), while it is the next day in Taipei.
@pytest.mark.parametrize(
    ("began", "billed"),
    [
        ("2026-05-20T02:00", ["2026-06-19T10:00", "2026-07-19T10:00"]),
        ("2026-02-01T07:59", ["2026-02-28T10:00", "2026-03-31T10:00", "2026-04-30T10:00"]),
        ("2026-03-01T03:00", ["2026-03-28T10:00", "2026-04-28T10:00", "2026-05-28T10:00"]),
        ("2026-01-31T18:03", ["2026-02-28T10:00", "2026-03-28T10:00", "2026-04-28T10:00"]),
        ("2026-01-31T18:03", ["2026-03-01T10:00", "2026-04-01T10:00", "2026-05-01T10:00"]),
        # Each retry is some days late, in its own month all the same.
        ("2026-01-31T18:03", ["2026-03-10T10:00", "2026-04-10T10:00"]),
    ],
)
def test_each_renewal_pays_for_a_month_of_its_own_wherever_the_gateways_day_ends(
    began: str, billed: list[str]
):
    start = datetime.fromisoformat(began).replace(tzinfo=UTC)
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in billed]

    periods = [period_of((Span(start, (MONTHLY,)),), at) for at in (start, *days)]

    ends = [MONTHLY.interval.after(start, number + 1) for number in range(len(periods))]
    assert ends == [one.ends if one else None for one in periods]


@pytest.mark.parametrize(
    ("unit", "renewals"),
    [
        (IntervalUnit.day, ["2026-05-20T10:00", "2026-05-21T10:00", "2026-05-22T10:00"]),
        (IntervalUnit.week, ["2026-05-26T10:00", "2026-06-02T10:00"]),
        (IntervalUnit.year, ["2027-05-19T10:00", "2028-05-19T10:00"]),
    ],
)
def test_a_renewal_on_the_gateways_day_before_pays_for_the_next_cycle(
    unit: IntervalUnit, renewals: list[str]
):
    start = datetime(2026, 5, 20, 2, tzinfo=UTC)
    cycle = BillingCycle(Interval(unit), PRICE)
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in renewals]

    periods = [period_of((Span(start, (cycle,)),), at) for at in (start, *days)]

    ends = [cycle.interval.after(start, number + 1) for number in range(len(periods))]
    assert ends == [one.ends if one else None for one in periods]


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


def test_a_setup_fee_is_paid_in_the_trial_and_not_for_the_cycle_after_it():
    story = Story().learn(shown(cycles=(FREE_WEEK, MONTHLY)), payment=sale(at=START))

    assert START + timedelta(days=7) == story.subscription.paid_through


def test_a_free_trial_after_a_paid_one_is_covered_by_what_was_paid():
    paid = BillingCycle(Interval(IntervalUnit.week), Money(100, "USD"), trial=True, cycles=1)

    story = Story().learn(shown(cycles=(paid, FREE_WEEK, MONTHLY)), payment=sale())

    assert START + timedelta(days=14) == story.subscription.paid_through


@pytest.mark.parametrize("status", [PaymentStatus.refunded, PaymentStatus.reversed])
def test_a_renewal_that_went_back_leaves_no_days_of_grace(status: PaymentStatus):
    """
    Grace is for a payment that has not come; this one came and went back.
    """
    due, later = month(1), month(1) + timedelta(days=1)
    story = Story().learn(shown(), payment=sale()).learn(shown(), payment=sale("S-2", due), at=due)

    story.learn(shown(), payment=sale("S-2", due, status), at=later)

    assert Access.ended is story.access
    assert "subscription.access_ended" == story.facts[-1]


def test_a_refunded_renewal_keeps_what_the_payment_before_it_paid_for():
    early = month(1) - timedelta(hours=8)
    story = Story().learn(shown(), payment=sale()).learn(shown(), payment=sale("S-2", early))

    story.learn(shown(), payment=sale("S-2", early, PaymentStatus.refunded), at=early)
    assert Access.active is story.access

    story.wait_until(month(1))
    assert Access.ended is story.access


def test_a_new_plan_without_a_fixed_price_begins_with_the_next_payment():
    """
    A plan priced by volume names no price, and during a trial nothing was paid.
    """
    tiered = BillingCycle(Interval(IntervalUnit.month, 3))
    story = Story().learn(shown(cycles=(FREE_WEEK, MONTHLY)))
    trial_ends = START + timedelta(days=7)
    revised = shown(plan=Plan("P-2", "Volume"), cycles=(tiered,), next_billing_at=trial_ends)

    story.learn(revised, says=said(Lifecycle.revised, "WH-3", None))
    story.learn(revised, payment=sale("S-2", trial_ends), at=trial_ends)

    assert tiered.interval.after(trial_ends) == story.subscription.paid_through
