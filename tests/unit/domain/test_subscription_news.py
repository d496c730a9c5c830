"""What each piece of news changes of a subscription: its payments, its plans, its facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from penstock.domain.change import Change
from penstock.domain.lifecycle import Lifecycle, Said, said
from penstock.domain.money import Money
from penstock.domain.payment import Payer, Payment, PaymentStatus, Plan, Transaction
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.rules import AccessPolicy, Learned, look_at_access, observe_subscription
from penstock.domain.rules.subscriptions import standing
from penstock.domain.subscription import (
    Access,
    PaidCycle,
    PlanChange,
    Span,
    Standing,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock.testing.builders import payment
from tests.unit.domain.story import (
    ACTIVE,
    CANCELLED,
    FREE_WEEK,
    MONTHLY,
    PENDING,
    PRICE,
    START,
    SUSPENDED,
    Story,
    month,
    sale,
    shown,
)

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PAID = Transaction("S-1", "sale", PaymentStatus.succeeded, PRICE, START)


def learn(
    before: Subscription | None,
    seen: SubscriptionObservation,
    learned: Learned | None = None,
    now: datetime = START,
) -> Change[Subscription] | None:
    return observe_subscription(
        *(before, "acme-I-1", "acme", seen, learned or Learned()),
        policy=AccessPolicy(),
        now=now,
        new_id=lambda: "event",
    )


def met(seen: SubscriptionObservation, learned: Learned | None = None) -> Change[Subscription]:
    change = learn(None, seen, learned)
    assert change is not None
    return change


def facts(change: Change[Subscription]) -> list[str]:
    return [str(event.type) for event in change.events]


@pytest.mark.parametrize("disputed", [False, True])
@pytest.mark.parametrize("status", list(PaymentStatus))
def test_a_payment_counts_for_access_by_what_became_of_its_money(
    status: PaymentStatus, disputed: bool
) -> None:
    special = {
        PaymentStatus.pending: None,
        PaymentStatus.declined: None,
        PaymentStatus.contradicted: None,
        PaymentStatus.reversed: Standing.charged_back,
    }
    there = Standing.disputed if disputed else Standing.paid
    one = payment(status=status, paid=True, transactions=(PAID,), disputed=disputed)

    assert special.get(status, there) is standing(one)
    assert standing(replace(one, paid=False)) is None


@pytest.mark.parametrize(("minor", "is_gone"), [(1249, False), (1250, True)])
def test_a_payment_whose_money_all_went_back_is_refunded(minor: int, is_gone: bool) -> None:
    one = payment(
        status=PaymentStatus.refunded,
        paid=True,
        transactions=(PAID,),
        refunded=Money(minor, "USD"),
    )

    assert (Standing.refunded if is_gone else Standing.paid) is standing(one)


@pytest.mark.parametrize(
    ("last_paid", "old", "kept"),
    [
        (None, DAY + SECOND, False),
        (START, DAY, False),
        (START, DAY + SECOND, True),
        (START, timedelta(), False),
    ],
)
def test_the_last_payment_of_one_that_began_more_than_a_day_ago_is_taken_over(
    last_paid: datetime | None, old: timedelta, kept: bool
) -> None:
    change = learn(None, shown(last_paid_at=last_paid), now=START + old)
    assert change is not None

    assert ((PaidCycle("", START),) if kept else ()) == change.entity.payments


@pytest.mark.parametrize(
    ("imported", "said_so"), [(False, ["subscription.access_ended"]), (True, [])]
)
def test_access_that_ended_before_we_met_it_is_news_unless_it_was_imported(
    imported: bool, said_so: list[str]
) -> None:
    seen = shown(CANCELLED, last_paid_at=START)
    change = learn(None, seen, Learned(imported=imported), month(3))
    assert change is not None

    assert (Access.ended, said_so) == (change.entity.access, facts(change))
    assert said_so == facts(learn(None, seen, None, month(3)) or change) or imported


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


def test_a_plan_whose_cycles_are_shown_later_begins_with_the_subscription() -> None:
    before = met(shown(cycles=())).entity
    later = learn(before, shown())
    assert later is not None
    moved = learn(later.entity, replace(shown(), started_at=START + DAY))
    assert moved is not None

    assert () == before.spans
    assert (Span(START, (MONTHLY,), "P-1"),) == later.entity.spans
    assert (Span(START + DAY, (MONTHLY,), "P-1"),) == moved.entity.spans


def kept(number: int) -> Story:
    story = Story()
    for nth in range(number):
        story.learn(shown(), payment=sale(f"S-{nth:02d}", month(nth + 1)), at=month(nth + 1))
    return story


@pytest.mark.parametrize(
    ("known", "at", "told"),
    [
        (23, month(1) - DAY, True),
        (24, month(1) - DAY, False),
        (24, month(1), True),
        (24, month(1) + DAY, True),
    ],
)
def test_a_payment_older_than_the_newest_24_is_no_news(
    known: int, at: datetime, told: bool
) -> None:
    story = kept(known)
    before, said_before = story.subscription.payments, len(story.facts)
    story.learn(shown(), payment=sale("S-99", at))

    assert told is (len(story.facts) > said_before)
    assert min(known + told, 24) == len(story.subscription.payments)
    if not told:
        assert before == story.subscription.payments


def test_payments_of_one_moment_are_kept_in_the_order_of_their_ids() -> None:
    story = Story()
    for name in ("S-2", "S-1", "S-3"):
        story.learn(shown(), payment=sale(name))

    assert ["acme-S-1", "acme-S-2", "acme-S-3"] == [
        one.payment for one in story.subscription.payments
    ]


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (-DAY, False),
        (SECOND - DAY, True),
        (timedelta(), True),
        (DAY - SECOND, True),
        (DAY, False),
        (2 * DAY, False),
        (-2 * DAY, False),
    ],
)
def test_a_payment_taken_over_is_the_one_that_is_notified_within_a_day_of_it(
    after: timedelta, same: bool
) -> None:
    later = month(2)
    before = learn(None, shown(last_paid_at=month(1)), now=later)
    assert before is not None
    change = learn(before.entity, shown(), Learned(payment=sale("S-1", month(1) + after)), later)
    assert change is not None

    names = {one.payment for one in change.entity.payments}
    assert ({"acme-S-1"} if same else {"", "acme-S-1"}) == names


def test_a_payment_near_another_one_that_is_known_by_its_id_is_one_more() -> None:
    story = Story().learn(shown(), payment=sale("S-1")).learn(shown(), payment=sale("S-2"))

    assert 2 == len(story.subscription.payments)


def test_a_payment_whose_money_is_not_there_any_more_leaves_the_subscription() -> None:
    story = Story().learn(shown(), payment=sale("S-1")).learn(shown(), payment=sale("S-2"))
    story.learn(shown(), payment=sale("S-1", status=PaymentStatus.pending))

    assert ["acme-S-2"] == [one.payment for one in story.subscription.payments]
    assert ["subscription.renewed"] * 2 == story.facts


def renewed(one: Payment, before: Subscription | None = None) -> dict[str, object]:
    change = learn(before, shown(cycles=(MONTHLY,)), Learned(payment=one))
    assert change is not None
    (event,) = change.events
    return {name: event.data[name] for name in ("payment_id", "first")}


def test_a_renewal_says_whether_it_is_for_the_first_cycle() -> None:
    first = met(shown()).entity

    assert {"payment_id": "acme-S-1", "first": True} == renewed(sale())
    assert {"payment_id": "acme-S-1", "first": False} == renewed(sale(at=month(1)), first)
    unknown = learn(None, shown(cycles=()), Learned(payment=sale()))
    assert unknown is not None
    assert False is unknown.events[0].data["first"]


def test_a_payment_without_its_money_step_is_no_news() -> None:
    before = met(shown()).entity

    assert learn(before, shown(), Learned(payment=payment(paid=True))) is None


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


@pytest.mark.parametrize(
    ("fact", "plan", "reason"),
    [
        (Lifecycle.revised, "P-1", "cheaper"),
        (Lifecycle.revised, "P-0", None),
        (Lifecycle.revised, "P-9", None),
        (Lifecycle.suspended, "P-1", None),
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


def test_the_same_copy_again_changes_nothing() -> None:
    change = met(shown(status_at=START, as_of=START))

    assert learn(change.entity, shown(status_at=START, as_of=START)) is None


def test_a_second_payment_of_a_month_that_was_refunded_leaves_the_days_of_grace() -> None:
    """
    The buyer paid twice by mistake and got one of them back.
    """
    story = Story().learn(shown(), payment=sale("S-1"))
    story.learn(shown(), payment=sale("S-2", status=PaymentStatus.refunded))

    assert Access.grace is story.wait_until(month(1)).access
