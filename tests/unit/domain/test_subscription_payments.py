"""Each payment of a subscription: which are news, and what counts for access."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from penstock.domain.money import Money
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.rules import Learned
from penstock.domain.rules.subscriptions import standing
from penstock.domain.subscription import Access, PaidCycle, Standing, Subscription
from penstock.testing.builders import payment
from tests.unit.domain.learning import DAY, SECOND, facts, learn, met
from tests.unit.domain.story import CANCELLED, MONTHLY, PRICE, START, Story, month, sale, shown

PAID = Transaction("S-1", "sale", PaymentStatus.succeeded, PRICE, START)


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


def test_a_second_payment_of_a_month_that_was_refunded_leaves_the_days_of_grace() -> None:
    """
    The buyer paid twice by mistake and got one of them back.
    """
    story = Story().learn(shown(), payment=sale("S-1"))
    story.learn(shown(), payment=sale("S-2", status=PaymentStatus.refunded))

    assert Access.grace is story.wait_until(month(1)).access
