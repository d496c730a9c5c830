"""The plan of a subscription: when a new one counts, and what a change of it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.money import Money
from penstock.domain.payment import Plan
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.subscription import PlanChange, Span
from tests.unit.domain.learning import DAY, learn, met
from tests.unit.domain.story import (
    FREE_WEEK,
    MONTHLY,
    PRICE,
    START,
    SUSPENDED,
    Story,
    month,
    shown,
)

YEARLY = BillingCycle(Interval(IntervalUnit.year), Money(12_000, "USD"))
NEW = Plan("P-2", "Yearly")


@pytest.mark.parametrize(
    ("last_paid", "next_billing", "as_of", "since"),
    [
        (None, 5, 1, 5),
        (YEARLY.price, 5, 1, 3),
        (PRICE, 5, 1, 5),
        (Money(1, "USD"), 5, 1, 5),
        (None, None, 1, 1),
        (None, None, None, None),
    ],
)
def test_a_new_plan_is_billed_from_its_first_payment_or_from_the_next_one(
    last_paid: Money | None, next_billing: int | None, as_of: int | None, since: int | None
) -> None:
    dates = [None if one is None else START + one * DAY for one in (next_billing, as_of, since)]
    before = met(shown()).entity
    seen = shown(
        plan=NEW,
        cycles=(FREE_WEEK, YEARLY),
        last_paid=last_paid,
        last_paid_at=START + 3 * DAY,
        next_billing_at=dates[0],
        as_of=dates[1],
    )
    change = learn(before, seen)
    assert change is not None

    old = Span(START, (MONTHLY,), "P-1")
    new = () if dates[2] is None else (Span(dates[2], (YEARLY,), "P-2"),)
    assert (old, *new) == change.entity.spans


def test_a_price_that_the_old_plan_had_too_says_nothing_of_the_new_one() -> None:
    same = replace(YEARLY, price=PRICE)
    before = met(shown(cycles=(replace(YEARLY, trial=True, cycles=1), MONTHLY))).entity
    seen = shown(
        plan=NEW,
        cycles=(same,),
        last_paid=PRICE,
        last_paid_at=START,
        next_billing_at=month(1),
    )
    change = learn(before, seen)
    assert change is not None

    assert month(1) == change.entity.spans[-1].since


def test_the_first_plan_and_the_newest_seven_are_kept() -> None:
    story = Story().learn(shown())
    for number in range(2, 12):
        plan = Plan(f"P-{number}")
        story.learn(shown(plan=plan, next_billing_at=START + number * DAY))

    assert ["P-1", *(f"P-{number}" for number in range(5, 12))] == [
        one.plan for one in story.subscription.spans
    ]


def test_a_plan_that_is_shown_again_is_no_new_one_and_the_one_before_it_is_the_old_one() -> None:
    story = Story().learn(shown())
    yearly = shown(plan=NEW, cycles=(YEARLY,), next_billing_at=month(1))
    spans = story.learn(yearly).subscription.spans
    assert (
        spans == story.learn(yearly, says=said(Lifecycle.revised, "WH-1", None)).subscription.spans
    )

    monthly = shown(
        plan=Plan("P-3"), last_paid=PRICE, last_paid_at=month(2), next_billing_at=month(3)
    )
    assert (*spans, Span(month(2), (MONTHLY,), "P-3")) == story.learn(monthly).subscription.spans


def test_a_plan_whose_cycles_are_shown_later_begins_with_the_subscription() -> None:
    before = met(shown(cycles=())).entity
    later = learn(before, shown())
    assert later is not None
    moved = learn(later.entity, replace(shown(), started_at=START + DAY))
    assert moved is not None

    assert () == before.spans
    assert (Span(START, (MONTHLY,), "P-1"),) == later.entity.spans
    assert (Span(START + DAY, (MONTHLY,), "P-1"),) == moved.entity.spans


@pytest.mark.parametrize(
    ("fact", "plan", "reason"),
    [
        (Lifecycle.revised, "P-1", "cheaper"),
        (Lifecycle.revised, "P-0", None),
        (Lifecycle.revised, "P-9", None),
        (Lifecycle.suspended, "P-1", None),
        (Lifecycle.payment_failed, "P-1", None),
    ],
)
def test_the_reason_of_a_change_of_plan_is_told_with_that_change_only(
    fact: Lifecycle, plan: str, reason: str | None
) -> None:
    asked = PlanChange(plan, "cheaper")
    story = Story().learn(shown(), asked=asked).learn(shown(), says=said(fact, "WH-1", START))

    assert [reason] == story.reasons
    assert (None if reason else asked) == story.subscription.asked


def test_a_newer_wish_for_a_plan_takes_the_place_of_the_one_before() -> None:
    story = Story().learn(shown(), asked=PlanChange("P-2")).learn(shown(), asked=PlanChange("P-3"))

    assert PlanChange("P-3") == story.subscription.asked
    assert PlanChange("P-3") == story.learn(shown(SUSPENDED)).subscription.asked
