"""Access after money went back, in a dispute, and under a new plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain import rules
from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.money import Money
from penstock.domain.payment import Payment, PaymentStatus, Plan
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.subscription import Access, PlanChange
from tests.unit.domain.story import (
    CANCELLED,
    FREE_WEEK,
    MONTHLY,
    PENDING,
    POLICY,
    PRICE,
    START,
    Story,
    month,
    sale,
    shown,
)


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


@pytest.mark.parametrize(
    ("policy", "gone", "again"),
    [
        (POLICY, sale(status=PaymentStatus.reversed), sale()),
        (POLICY, sale(status=PaymentStatus.refunded), sale(status=PaymentStatus.succeeded)),
        (rules.AccessPolicy(dispute_ends=True), replace(sale(), disputed=True), sale()),
    ],
)
def test_access_that_comes_back_with_the_money_is_told_once(
    policy: rules.AccessPolicy, gone: Payment, again: Payment
):
    story = Story(policy=policy).learn(shown(), payment=sale()).learn(shown(), payment=gone)
    story.learn(shown(), payment=again).learn(shown(), payment=again)

    assert Access.active is story.access
    assert ["subscription.access_ended", "subscription.access_restored"] == story.facts[-2:]


def test_access_that_a_new_payment_gives_is_told_by_the_payment():
    gone = sale(status=PaymentStatus.reversed)
    story = Story().learn(shown(), payment=sale()).learn(shown(), payment=gone)
    story.learn(shown(), payment=sale("S-2"))

    assert Access.active is story.access
    assert ["subscription.access_ended", "subscription.renewed"] == story.facts[-2:]


def test_a_refunded_renewal_keeps_what_the_payment_before_it_paid_for():
    early = month(1) - timedelta(hours=8)
    story = Story().learn(shown(), payment=sale()).learn(shown(), payment=sale("S-2", early))

    story.learn(shown(), payment=sale("S-2", early, PaymentStatus.refunded), at=early)
    assert Access.active is story.access

    story.wait_until(month(1))
    assert Access.ended is story.access


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


def test_the_reason_of_a_change_of_plan_is_published_once_when_the_plan_changes():
    story = Story().learn(shown(), asked=PlanChange("P-2", "pays by the year"))
    revised = shown(plan=Plan("P-2", "Yearly"))

    for seen, event in ((shown(), "WH-1"), (revised, "WH-2"), (revised, "WH-3")):
        story.learn(seen, says=said(Lifecycle.revised, event, None))

    assert ["subscription.revised"] * 3 == story.facts
    assert [None, "pays by the year", None] == story.reasons


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


def test_a_plan_that_comes_back_is_billed_from_the_next_payment_not_from_its_last_one():
    dearer = BillingCycle(MONTHLY.interval, Money(1500, "USD"))
    late = START + timedelta(days=5)  # the first try failed, so the payment came late
    paid = {"last_paid": PRICE, "last_paid_at": late, "next_billing_at": month(1)}
    story = Story().learn(shown(**paid), payment=sale(at=late), at=late)

    story.learn(shown(plan=Plan("P-2", "Dear"), cycles=(dearer,), **paid))
    story.learn(shown(**paid))
    renewed = paid | {"last_paid_at": month(1), "next_billing_at": month(2)}
    story.learn(shown(**renewed), payment=sale("S-2", month(1)), at=month(1))

    assert MONTHLY.interval.after(month(1)) == story.subscription.paid_through
