"""A look at a subscription: which status is news, and which facts are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.lifecycle import Lifecycle, Said, said
from penstock.domain.payment import Payer
from penstock.domain.rules import AccessPolicy, Learned, look_at_access
from penstock.domain.subscription import SubscriptionStatus
from tests.unit.domain.learning import DAY, SECOND, facts, learn, met
from tests.unit.domain.story import (
    ACTIVE,
    CANCELLED,
    PENDING,
    START,
    SUSPENDED,
    Story,
    month,
    sale,
    shown,
)


def test_a_look_without_other_news_is_of_a_subscription_that_we_know() -> None:
    bare = Learned()

    assert (False, False, False) == (bare.unreported, bare.followed, bare.imported)


def test_a_look_that_time_alone_caused_publishes_what_ended_by_itself() -> None:
    story = Story().learn(shown(CANCELLED), payment=sale(), followed=True)
    change = look_at_access(
        story.subscription, policy=AccessPolicy(), now=month(1), new_id=lambda: "event"
    )
    assert change is not None

    assert ["subscription.access_ended"] == facts(change)
    assert (False, month(1) + timedelta(minutes=1)) == (
        change.entity.followed,
        change.entity.due_at,
    )
    again = look_at_access(
        change.entity, policy=AccessPolicy(), now=month(1) + DAY, new_id=lambda: "event"
    )
    assert again is None


@pytest.mark.parametrize(
    ("known", "seen", "taken"),
    [(0, -1, False), (0, 0, True), (0, 1, True), (None, 0, True), (0, None, True)],
)
def test_an_older_copy_changes_nothing_and_one_without_a_date_counts(
    known: int | None, seen: int | None, taken: bool
) -> None:
    dates = [None if one is None else START + one * SECOND for one in (known, seen)]
    before = met(shown(as_of=dates[0])).entity
    change = learn(before, shown(SUSPENDED, as_of=dates[1]))

    assert taken is (change is not None)
    if change is not None:
        assert SUSPENDED is change.entity.status


def test_what_a_copy_leaves_out_is_no_news() -> None:
    buyer = Payer("PAYER1", "Ann", "ann@example.test")
    before = met(shown(subscriber=buyer, merchant_reference="order-7")).entity
    bare = learn(before, shown(SUSPENDED, cycles=()))
    other = learn(before, shown(subscriber=Payer("P2"), merchant_reference="order-8"))
    forgotten = learn(replace(before, forgotten_at=START), shown(SUSPENDED, subscriber=buyer))
    assert bare is not None
    assert other is not None
    assert forgotten is not None

    assert (buyer, "order-7") == (
        bare.entity.seen.subscriber,
        bare.entity.seen.merchant_reference,
    )
    assert (before.spans, ()) == (bare.entity.spans, bare.entity.seen.cycles)
    assert (Payer("P2"), "order-8") == (
        other.entity.seen.subscriber,
        other.entity.seen.merchant_reference,
    )
    assert Payer("PAYER1") == forgotten.entity.seen.subscriber


BEGAN = {
    SubscriptionStatus.active: "subscription.activated",
    SubscriptionStatus.suspended: "subscription.suspended",
    SubscriptionStatus.cancelled: "subscription.cancelled",
    SubscriptionStatus.expired: "subscription.expired",
}


@pytest.mark.parametrize("status", list(SubscriptionStatus))
@pytest.mark.parametrize("unreported", [False, True])
def test_a_status_that_no_notification_reported_is_published_where_that_is_wanted(
    status: SubscriptionStatus, unreported: bool
) -> None:
    before = met(shown(SubscriptionStatus.approved)).entity
    seen = shown(status, status_at=START + SECOND, as_of=START)
    change = learn(before, seen, Learned(unreported=unreported))

    news = [BEGAN[status]] if unreported and status in BEGAN else []
    assert news == [one for one in facts(change or met(seen)) if "access" not in one]


def test_the_status_we_met_it_with_and_one_without_a_date_are_no_news() -> None:
    seen = shown(ACTIVE, status_at=START)
    first = met(seen, Learned(unreported=True))
    undated = learn(met(shown(PENDING)).entity, shown(), Learned(unreported=True))
    assert undated is not None

    assert ([], []) == (facts(first), facts(undated))
    assert "active@2026-01-31T18:03:00" == first.entity.met_as
    assert "created" == met(shown(PENDING)).entity.met_as
    assert met(shown()).entity.met_as is None


@pytest.mark.parametrize(
    ("at", "told", "fact"),
    [
        (timedelta(), None, "subscription.activated"),
        (DAY, None, "subscription.activated"),
        (DAY + SECOND, None, "subscription.resumed"),
        (2 * SECOND, SECOND, "subscription.resumed"),
        (2 * SECOND, 3 * SECOND, "subscription.activated"),
    ],
)
def test_one_that_is_active_again_is_told_from_one_that_begins(
    at: timedelta, told: timedelta | None, fact: str
) -> None:
    """
    By its first cycle, which is a day away at most, and by any other status told before.
    """
    story = Story().learn(shown(PENDING))
    if told is not None:
        story.learn(shown(PENDING), says=said(Lifecycle.suspended, "WH-1", START + told))
    story.learn(shown(PENDING), says=said(Lifecycle.activated, "WH-2", START + at))

    assert fact == story.facts[-1]


@pytest.mark.parametrize("fact", [one for one in Lifecycle if one is not Lifecycle.activated])
def test_any_other_fact_is_published_as_it_is_said(fact: Lifecycle) -> None:
    story = Story().learn(shown(PENDING)).learn(shown(PENDING), says=said(fact, "WH-1", month(3)))

    assert [f"subscription.{fact.value}"] == story.facts


def test_an_activation_without_a_date_is_one_that_begins() -> None:
    says = Said(Lifecycle.activated, "activated#WH-1")
    story = Story().learn(shown(PENDING)).learn(shown(PENDING), says=says)

    assert ["subscription.activated"] == story.facts


def test_the_newest_32_facts_are_remembered_and_not_told_again() -> None:
    story = Story().learn(shown())
    for number in range(33):
        story.learn(shown(), says=said(Lifecycle.payment_failed, f"WH-{number}", None))
    story.learn(shown(), says=said(Lifecycle.payment_failed, "WH-1", None))

    assert tuple(f"payment_failed#WH-{number}" for number in range(1, 33)) == (
        story.subscription.told
    )
    assert 33 == len(story.facts)


def test_the_same_copy_again_changes_nothing() -> None:
    change = met(shown(status_at=START, as_of=START))

    assert learn(change.entity, shown(status_at=START, as_of=START)) is None
