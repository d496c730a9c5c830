"""Access to a subscription: when money gives it, and when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.money import Money
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules.schedule import free_until, period_of
from penstock.domain.subscription import Access, Span, SubscriptionStatus
from tests.unit.domain.story import (
    ACTIVE,
    CANCELLED,
    FREE_WEEK,
    MONTHLY,
    PENDING,
    POLICY,
    PRICE,
    START,
    SUSPENDED,
    Story,
    month,
    sale,
    shown,
)


def test_a_month_after_the_31st_is_the_last_day_of_a_shorter_month():
    assert datetime(2026, 2, 28, 18, 3, tzinfo=UTC) == month(1)
    assert datetime(2026, 3, 31, 18, 3, tzinfo=UTC) == month(2)
    assert datetime(2027, 1, 31, 18, 3, tzinfo=UTC) == month(12)


def test_a_renewal_taken_hours_before_the_minute_of_sign_up_is_for_the_new_cycle():
    spans = (Span(START, (MONTHLY,)),)
    renewal = month(1).replace(hour=10, minute=0)

    period = period_of(spans, renewal)

    assert period is not None
    assert month(2) == period.ends
    assert not period.first


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


def test_a_setup_fee_is_paid_in_the_trial_and_not_for_the_cycle_after_it():
    story = Story().learn(shown(cycles=(FREE_WEEK, MONTHLY)), payment=sale(at=START))

    assert START + timedelta(days=7) == story.subscription.paid_through


def test_a_free_trial_after_a_paid_one_is_covered_by_what_was_paid():
    paid = BillingCycle(Interval(IntervalUnit.week), Money(100, "USD"), trial=True, cycles=1)

    story = Story().learn(shown(cycles=(paid, FREE_WEEK, MONTHLY)), payment=sale())

    assert START + timedelta(days=14) == story.subscription.paid_through


def test_an_approved_subscription_gives_no_access_before_money_comes():
    story = (
        Story()
        .learn(shown(PENDING))
        .learn(shown(ACTIVE, status_at=START), says=said(Lifecycle.activated, "WH-1", START))
    )

    assert Access.none is story.access
    assert ["subscription.activated"] == story.facts


def test_the_first_payment_gives_access_until_the_cycle_ends():
    story = Story().learn(shown()).learn(shown(), payment=sale())

    assert Access.active is story.access
    assert month(1) == story.subscription.paid_through
    assert ["subscription.renewed"] == story.facts


def test_events_that_an_open_follow_publishes_do_not_make_the_subscription_due():
    """
    Its payment's `follow` is due: the sweep publishes them by that one.
    """
    story = Story().learn(shown(), payment=sale(), followed=True)

    assert (True, month(1)) == (story.subscription.unsent, story.subscription.due_at)


def test_any_other_commit_makes_the_unsent_events_due_again():
    """
    The follow may end before the worker of the other commit publishes.
    """
    story = Story().learn(shown(), payment=sale(), followed=True)
    later = START + timedelta(minutes=5)
    story.learn(shown(CANCELLED, status_at=later), at=later)

    assert later + timedelta(minutes=1) == story.subscription.due_at


def test_a_free_trial_gives_access_without_a_payment_and_ends():
    story = Story().learn(shown(cycles=(FREE_WEEK, MONTHLY)))
    assert Access.trial is story.access
    assert START + timedelta(days=7) == story.subscription.trial_until

    story.wait_until(START + timedelta(days=7))
    assert Access.grace is story.access
    story.wait_until(START + timedelta(days=10))
    assert Access.ended is story.access
    assert ["subscription.access_ended"] == story.facts


def test_a_trial_of_an_unknown_price_is_not_free():
    unknown = replace(FREE_WEEK, price=None)

    assert free_until((Span(START, (unknown, MONTHLY)),)) is None


def test_failed_renewals_end_access_though_the_gateway_says_active():
    """
    cboard-api 485: three renewals failed, the status stayed ACTIVE, and access went on for years.
    """
    story = Story().learn(shown(), payment=sale())
    failing = shown(outstanding=PRICE, failures=3, next_billing_at=month(3))
    story.learn(failing, says=said(Lifecycle.payment_failed, "WH-2", None), at=month(1))
    assert Access.grace is story.access
    assert month(1) == story.subscription.paid_through

    story.learn(failing, unreported=True, at=month(1) + POLICY.grace)

    assert Access.ended is story.access
    assert "subscription.access_ended" == story.facts[-1]
    assert PRICE == story.subscription.seen.outstanding


def test_access_returns_by_itself_once_the_payment_is_mended():
    story = Story().learn(shown(), payment=sale()).wait_until(month(1) + POLICY.grace)
    assert Access.ended is story.access

    late = sale("S-2", month(1) + timedelta(days=5))
    story.learn(shown(SUSPENDED)).learn(shown(), payment=late, at=month(1) + timedelta(days=5))

    assert Access.active is story.access
    assert month(2) == story.subscription.paid_through
    assert 2 == story.facts.count("subscription.renewed")


@pytest.mark.parametrize("status", [CANCELLED, SUSPENDED, SubscriptionStatus.expired])
def test_what_is_no_longer_billed_keeps_access_until_it_was_paid(status: SubscriptionStatus):
    """
    kaneo 1741 and others: cancelling in the middle of a period ended access at once.
    """
    story = Story().learn(shown(), payment=sale())
    story.learn(shown(status, cycles=()), at=START + timedelta(days=3))
    assert Access.active is story.access

    story.wait_until(month(1) - timedelta(seconds=1))
    assert Access.active is story.access
    story.wait_until(month(1))
    assert Access.ended is story.access
    assert 1 == story.facts.count("subscription.access_ended")
