"""Subscriptions: access by money and free trials, each fact once, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain import rules
from penstock.domain.lifecycle import Lifecycle, Said, said
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, PaymentStatus, Plan, Transaction
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules.schedule import free_until, period_of
from penstock.domain.subscription import (
    Access,
    Span,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)

START = datetime(2026, 1, 31, 18, 3, tzinfo=UTC)
PRICE = Money(1250, "USD")
MONTHLY = BillingCycle(Interval(IntervalUnit.month), PRICE)
FREE_WEEK = BillingCycle(Interval(IntervalUnit.week), Money(0, "USD"), trial=True, cycles=1)
POLICY = rules.AccessPolicy()
CAN = rules.Abilities(subscriptions=True)
ACTIVE, SUSPENDED, CANCELLED, PENDING = (
    SubscriptionStatus.active,
    SubscriptionStatus.suspended,
    SubscriptionStatus.cancelled,
    SubscriptionStatus.approval_pending,
)


def shown(status: SubscriptionStatus = ACTIVE, **rest: Any) -> SubscriptionObservation:
    given: dict[str, Any] = {"plan": Plan("P-1", "Gold"), "cycles": (MONTHLY,), **rest}
    return SubscriptionObservation("I-1", status, START, **given)


def sale(
    name: str = "S-1", at: datetime = START, status: PaymentStatus = PaymentStatus.succeeded
) -> Payment:
    seen = Observation(Transaction(name, "sale", status, PRICE, at), subscription="I-1")
    new_id = (str(number) for number in count())
    made = rules.observe(
        None, f"acme-{name}", "acme", seen, can=CAN, now=at, new_id=lambda: next(new_id)
    )
    return made.entity


@dataclass
class Story:
    """One subscription, and what was published of it."""

    now: datetime = START
    policy: rules.AccessPolicy = POLICY
    kept: Subscription | None = None
    facts: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self._ids = count()

    def learn(
        self,
        seen: SubscriptionObservation,
        *,
        says: Said | None = None,
        payment: Payment | None = None,
        unreported: bool = False,
        followed: bool = False,
        at: datetime | None = None,
    ) -> Story:
        self.now = at or self.now
        learned = rules.Learned(
            says=says, payment=payment, unreported=unreported, followed=followed
        )
        self._apply(
            rules.observe_subscription(
                self.kept,
                "acme-I-1",
                "acme",
                seen,
                learned,
                policy=self.policy,
                now=self.now,
                new_id=lambda: str(next(self._ids)),
            )
        )
        return self

    def wait_until(self, at: datetime) -> Story:
        assert self.kept is not None
        self.now = at
        self._apply(
            rules.look_at_access(
                self.kept, policy=self.policy, now=at, new_id=lambda: str(next(self._ids))
            )
        )
        return self

    def _apply(self, change: Any) -> None:
        if change is not None:
            self.kept = change.entity
            self.facts += [str(event.type) for event in change.events]

    @property
    def subscription(self) -> Subscription:
        assert self.kept is not None
        return self.kept

    @property
    def access(self) -> Access:
        return self.subscription.access


def month(number: int) -> datetime:
    return MONTHLY.interval.after(START, number)


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


def test_the_first_cycle_begins_when_the_gateway_says_after_the_approval():
    approved = START + timedelta(days=2)
    story = Story().learn(shown(PENDING))

    story.learn(replace(shown(), started_at=approved), payment=sale(at=approved), at=approved)

    assert MONTHLY.interval.after(approved) == story.subscription.paid_through


def test_an_old_subscription_is_taken_over_with_its_last_payment():
    """
    It was first seen by a cancellation: what was paid before we knew it stays paid.
    """
    later = month(6) + timedelta(days=4)
    old = shown(CANCELLED, last_paid_at=month(6), last_paid=PRICE)

    story = Story(now=later).learn(old, says=said(Lifecycle.cancelled, "WH-1", later))

    assert Access.active is story.access
    assert month(7) == story.subscription.paid_through
    assert ["subscription.cancelled"] == story.facts


def test_a_payment_that_was_taken_over_counts_once_when_its_notification_comes():
    later = month(6) + timedelta(hours=30)
    story = Story(now=later).learn(shown(last_paid_at=month(6)))

    story.learn(shown(), payment=sale("S-7", month(6)))

    assert ["acme-S-7"] == [one.payment for one in story.subscription.payments]


@pytest.mark.parametrize(
    ("policy", "status", "access"),
    [
        (POLICY, PaymentStatus.refunded, Access.ended),
        (POLICY, PaymentStatus.reversed, Access.ended),
        (rules.AccessPolicy(refund_ends=False), PaymentStatus.refunded, Access.active),
        (rules.AccessPolicy(chargeback_ends=False), PaymentStatus.reversed, Access.active),
    ],
)
def test_money_that_went_back_ends_access_as_the_merchant_decided(
    policy: rules.AccessPolicy, status: PaymentStatus, access: Access
):
    story = Story(policy=policy).learn(shown(), payment=sale())

    story.learn(shown(), payment=sale(status=status))

    assert access is story.access


@pytest.mark.parametrize(("ends", "access"), [(False, Access.active), (True, Access.ended)])
def test_an_open_dispute_keeps_access_unless_the_merchant_decided_otherwise(
    ends: bool, access: Access
):
    disputed = replace(sale(), disputed=True)

    story = Story(policy=rules.AccessPolicy(dispute_ends=ends)).learn(shown(), payment=disputed)

    assert access is story.access


def test_a_pending_payment_gives_no_access():
    story = Story().learn(shown(), payment=sale(status=PaymentStatus.pending))

    assert Access.none is story.access
    assert [] == story.facts


def test_a_new_plan_counts_from_its_first_payment():
    yearly = BillingCycle(Interval(IntervalUnit.year), Money(12000, "USD"))
    story = Story().learn(shown(), payment=sale())
    revised = shown(
        plan=Plan("P-2", "Yearly"), cycles=(FREE_WEEK, yearly), next_billing_at=month(1)
    )

    story.learn(revised, says=said(Lifecycle.revised, "WH-3", None))
    assert month(1) == story.subscription.paid_through
    story.learn(revised, payment=sale("S-2", month(1)), at=month(1))

    assert yearly.interval.after(month(1)) == story.subscription.paid_through


def test_a_new_plan_seen_only_after_its_first_payment_counts_from_that():
    yearly = BillingCycle(Interval(IntervalUnit.year), Money(12000, "USD"))
    story = Story().learn(shown(), payment=sale())
    revised = shown(
        plan=Plan("P-2", "Yearly"),
        cycles=(yearly,),
        last_paid=Money(12000, "USD"),
        last_paid_at=month(1),
        next_billing_at=yearly.interval.after(month(1)),
    )

    story.learn(revised, payment=sale("S-2", month(1)), at=month(1))

    assert yearly.interval.after(month(1)) == story.subscription.paid_through


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
