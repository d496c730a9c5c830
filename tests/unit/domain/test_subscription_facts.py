"""Facts of a subscription: each published once, in any order of the news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.operation import OperationKind
from penstock.domain.payment import PaymentStatus, Plan
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.subscription import Access, Subscription
from tests.unit.domain.story import (
    ACTIVE,
    CANCELLED,
    FREE_WEEK,
    MONTHLY,
    PENDING,
    START,
    SUSPENDED,
    Story,
    month,
    sale,
    shown,
)


def test_a_cancellation_nobody_reported_is_published_by_the_look_at_the_next_payment():
    """
    PayPal-PHP-SDK 591: the customer cancelled at PayPal, and no webhook came.
    """
    story = Story().learn(shown(status_at=START), payment=sale())

    story.learn(shown(CANCELLED, status_at=month(0)), unreported=True, at=month(1))

    assert ["subscription.renewed", "subscription.cancelled", "subscription.access_ended"] == (
        story.facts
    )


def test_a_fact_that_the_look_published_is_not_published_again_by_its_late_notification():
    late = said(Lifecycle.cancelled, "WH-9", START + timedelta(days=2))
    cancelled = shown(CANCELLED, status_at=START + timedelta(days=2))
    story = Story().learn(shown(status_at=START), payment=sale())

    story.learn(cancelled, unreported=True, at=month(1)).learn(cancelled, says=late)

    assert 1 == story.facts.count("subscription.cancelled")


def test_a_subscription_that_is_active_again_is_published_as_resumed_once():
    """
    PayPal reports a resumed one as ACTIVATED again, and the look at it may be first.
    """
    later = START + timedelta(days=9)
    again = shown(ACTIVE, status_at=later)
    story = Story().learn(shown(status_at=START), says=said(Lifecycle.activated, "WH-1", START))

    story.learn(again, unreported=True, at=later + timedelta(hours=1))
    story.learn(again, says=said(Lifecycle.activated, "WH-2", later))

    assert ["subscription.activated", "subscription.resumed"] == story.facts


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


def test_an_older_copy_changes_nothing():
    story = Story().learn(shown(CANCELLED, as_of=month(1)))

    story.learn(shown(ACTIVE, as_of=START))

    assert CANCELLED is story.subscription.status


def test_a_sign_up_without_a_payment_is_looked_at_for_three_days():
    story, looks = Story().learn(shown(PENDING)), 0
    while (look := story.subscription.due_at) is not None and looks < 50:
        story.kept = replace(story.subscription, published=story.subscription.sequence)
        story.learn(shown(PENDING), unreported=True, at=look)
        looks += 1

    assert 5 <= looks <= 12
    assert story.now >= START + timedelta(days=3)


def test_payments_of_many_years_are_bounded_and_old_news_moves_nothing():
    story = Story()
    for number in range(40):
        story.learn(shown(), payment=sale(f"S-{number}", month(number)), at=month(number))
    facts = list(story.facts)

    story.learn(shown(), payment=sale("S-0", month(0), PaymentStatus.refunded))

    assert 24 == len(story.subscription.payments)
    assert month(40) == story.subscription.paid_through
    assert facts == story.facts


NEWS: Sequence[dict[str, Any]] = [
    {"says": said(Lifecycle.created, "WH-1", START)},
    {"says": said(Lifecycle.activated, "WH-2", START)},
    {"payment": sale("S-1", START)},
    {"payment": sale("S-2", month(1))},
    {"says": said(Lifecycle.payment_failed, "WH-3", None)},
    {"says": said(Lifecycle.suspended, "WH-4", month(1))},
    {"says": said(Lifecycle.cancelled, "WH-5", month(1) + timedelta(days=1))},
]
FINAL = shown(CANCELLED, as_of=month(2), status_at=month(1) + timedelta(days=1))


def told(news: Iterable[dict[str, Any]]) -> tuple[Counter[str], Subscription]:
    story = Story(now=month(1) + timedelta(days=2))
    for one in news:
        story.learn(FINAL, **one)
    facts = Counter(story.facts)
    # An old payment that comes first has run out already: access follows the order of sales.
    del facts["subscription.access_ended"]
    return facts, story.subscription


def settled(subscription: Subscription) -> Subscription:
    """Without what counts writes, and the order in which facts came."""
    access = subscription.operation(OperationKind.access)
    operations = (replace(access, attempts=0),) if access else ()
    return replace(
        subscription,
        version=0,
        sequence=0,
        told=tuple(sorted(subscription.told)),
        operations=operations,
        created_at=START,
        updated_at=START,
    )


@given(
    st.permutations(NEWS),
    st.lists(st.sampled_from(NEWS), max_size=6),
)
def test_any_order_and_duplication_ends_in_the_same_state_and_the_same_facts(
    order: list[dict[str, Any]], again: list[dict[str, Any]]
):
    facts, state = told(NEWS)

    mixed, ended = told([*order, *again])

    assert facts == mixed
    assert settled(state) == settled(ended)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_access_follows_the_sales_in_any_order(order: tuple[int, ...]):
    story = Story(now=month(2))
    for number in order:
        story.learn(shown(), payment=sale(f"S-{number}", month(number)))

    assert month(3) == story.subscription.paid_through
    assert Access.active is story.access


@pytest.mark.parametrize("word", [Lifecycle.resumed, Lifecycle.activated])
def test_a_resumption_that_is_read_and_notified_is_published_once(word: Lifecycle):
    later, last = START + timedelta(hours=1), START + timedelta(hours=2)
    story = (
        Story()
        .learn(shown(ACTIVE, status_at=START), says=said(Lifecycle.activated, "WH-1", START))
        .learn(shown(SUSPENDED, status_at=later), unreported=True, at=later)
        .learn(shown(ACTIVE, status_at=last), unreported=True, at=last)
        .learn(shown(ACTIVE, status_at=last), says=said(word, "WH-2", last))
    )

    assert [
        "subscription.activated",
        "subscription.suspended",
        "subscription.resumed",
    ] == story.facts


def test_what_becomes_active_once_more_is_resumed_though_its_suspension_was_lost():
    later = START + timedelta(hours=2)
    story = (
        Story()
        .learn(shown(ACTIVE, status_at=START), says=said(Lifecycle.activated, "WH-1", START))
        .learn(shown(ACTIVE, status_at=later), says=said(Lifecycle.activated, "WH-2", later))
    )

    assert ["subscription.activated", "subscription.resumed"] == story.facts


def next_look(story: Story) -> datetime:
    look = story.subscription.operation(OperationKind.access)
    assert look is not None
    assert look.due_at is not None
    return look.due_at


def test_a_status_older_than_the_notified_one_is_asked_for_again_soon():
    at = START + timedelta(hours=1)
    stale = shown(ACTIVE, status_at=START, as_of=START)
    story = Story().learn(stale, payment=sale())
    story.learn(stale, says=said(Lifecycle.cancelled, "WH-1", at), at=at + timedelta(minutes=3))

    assert at + timedelta(minutes=6) == next_look(story)
    story.learn(shown(CANCELLED, status_at=at, as_of=at), unreported=True)
    assert month(1) == next_look(story)
    assert ["subscription.renewed", "subscription.cancelled"] == story.facts


def test_a_status_that_stays_older_than_the_notified_one_is_given_up_after_a_day():
    stale = shown(ACTIVE, status_at=START, as_of=START)
    at = START + timedelta(hours=1)
    story = Story().learn(stale, payment=sale())
    story.learn(stale, says=said(Lifecycle.cancelled, "WH-1", at), at=at)

    asked = 0
    while (due := next_look(story)) < month(1):
        story.learn(stale, unreported=True, at=due)
        asked += 1

    assert 12 == asked
    assert ["subscription.renewed", "subscription.cancelled"] == story.facts
