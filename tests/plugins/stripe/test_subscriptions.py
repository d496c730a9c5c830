"""Subscriptions at Stripe, as they are read and as their webhooks tell of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    BillingCycle,
    Confirmed,
    EntityKind,
    Interval,
    IntervalUnit,
    Lifecycle,
    Money,
    Plan,
    Ref,
    SubscriptionStatus,
)
from penstock.testing.clock import NOON
from tests.plugins.stripe.account import Account

PRICE = Money(1250, "EUR")
MONTH = BillingCycle(Interval(IntervalUnit.month), PRICE)


def told(account: Account, type: str, subscription: dict[str, Any], **before: Any) -> Any:
    """News of a subscription, read."""
    data = {"object": subscription, "previous_attributes": before}
    created = int(NOON.timestamp())
    event = {"id": "evt_1", "type": type, "created": created, "data": data}
    return account.gateway.read(account.sent(event))


async def test_a_subscription_is_read_with_what_was_paid(stripe_account: Account):
    made = stripe_account.simulator.subscriptions.open()

    seen = await stripe_account.gateway.read_subscription(made["id"], NOON)

    assert (SubscriptionStatus.active, NOON, Plan("price_gold", "Gold"), (MONTH,)) == (
        seen.status,
        seen.started_at,
        seen.plan,
        seen.cycles,
    )
    assert (NOON, PRICE, NOON + timedelta(days=30), None) == (
        seen.last_paid_at,
        seen.last_paid,
        seen.next_billing_at,
        seen.outstanding,
    )


async def test_a_trial_comes_before_the_regular_cycles(stripe_account: Account):
    made = stripe_account.simulator.subscriptions.open(trial_days=14)

    seen = await stripe_account.gateway.read_subscription(made["id"], NOON)

    free = BillingCycle(Interval(IntervalUnit.day, 14), Money(0, "EUR"), trial=True, cycles=1)
    assert ((free, MONTH), None, NOON + timedelta(days=14)) == (
        seen.cycles,
        seen.last_paid,
        seen.next_billing_at,
    )


async def test_a_payment_that_failed_is_owed(stripe_account: Account):
    made = stripe_account.simulator.subscriptions.open()
    stripe_account.simulator.subscriptions.bill(made, fails=True)

    seen = await stripe_account.gateway.read_subscription(made["id"], NOON)
    news = stripe_account.gateway.read(stripe_account.last("invoice.payment_failed"))

    assert (SubscriptionStatus.active, PRICE, 1, NOON + timedelta(days=3)) == (
        seen.status,
        seen.outstanding,
        seen.failures,
        seen.next_attempt_at,
    )
    assert (EntityKind.subscription, f"stripe-{made['id']}", Lifecycle.payment_failed) == (
        news.kind,
        news.entity,
        news.says,
    )


async def test_one_that_was_cancelled_says_since_when_in_both_ways(stripe_account: Account):
    made = stripe_account.simulator.subscriptions.open()
    stripe_account.simulator.subscriptions.cancel(made)

    seen = await stripe_account.gateway.read_subscription(made["id"], NOON)
    news = stripe_account.gateway.read(stripe_account.last("customer.subscription.deleted"))

    assert (SubscriptionStatus.cancelled, None, NOON) == (
        seen.status,
        seen.next_billing_at,
        seen.status_at,
    )
    assert (Lifecycle.cancelled, NOON) == (news.says, news.status_at)


async def test_its_payment_names_the_subscription(stripe_account: Account):
    """
    Access follows money: a payment that names no subscription pays for none.
    """
    made = stripe_account.simulator.subscriptions.open()
    paid = stripe_account.gateway.read(stripe_account.last("payment_intent.succeeded"))

    confirmed = await stripe_account.gateway.confirm(paid, NOON)

    assert isinstance(confirmed, Confirmed)
    assert made["id"] == confirmed.observation.subscription


async def test_its_payments_are_listed_by_the_id_that_their_webhooks_have(
    stripe_account: Account,
):
    made = stripe_account.simulator.subscriptions.open()
    paid = stripe_account.gateway.read(stripe_account.last("payment_intent.succeeded"))

    (found,) = await stripe_account.gateway.list_payments(
        made["id"], NOON - timedelta(hours=1), NOON
    )

    assert paid.subject == found.subject
    assert isinstance(await stripe_account.gateway.confirm(found, NOON), Confirmed)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("incomplete", "active", Lifecycle.activated),
        ("incomplete", "trialing", Lifecycle.activated),
        ("incomplete", "incomplete_expired", Lifecycle.expired),
        ("trialing", "active", None),
        ("active", "past_due", None),
        ("past_due", "active", None),
        ("past_due", "unpaid", Lifecycle.suspended),
        ("unpaid", "active", Lifecycle.resumed),
    ],
)
async def test_an_update_says_what_changed(
    stripe_account: Account, was: str, now: str, says: Lifecycle | None
):
    shown = {"id": "sub_1", "object": "subscription", "status": now}

    news = told(stripe_account, "customer.subscription.updated", shown, status=was)

    assert (Ref(EntityKind.subscription, "stripe-sub_1"), says) == (news.subject, news.says)
    assert (NOON if says else None) == news.status_at


async def test_another_price_is_a_revision(stripe_account: Account):
    shown = {"id": "sub_1", "object": "subscription", "status": "active"}

    news = told(stripe_account, "customer.subscription.updated", shown, items={"data": []})

    assert (Lifecycle.revised, None) == (news.says, news.status_at)


async def test_prices_that_stripe_does_not_say_are_unknown(stripe_account: Account):
    made = stripe_account.simulator.subscriptions.open()
    made["items"]["data"][0]["price"]["unit_amount"] = None

    seen = await stripe_account.gateway.read_subscription(made["id"], NOON)

    assert (BillingCycle(Interval(IntervalUnit.month), None),) == seen.cycles


async def test_items_are_added_up(stripe_account: Account):
    made = stripe_account.simulator.subscriptions.open()
    items = made["items"]["data"]
    items.append({**items[0], "quantity": 3})

    seen = await stripe_account.gateway.read_subscription(made["id"], NOON)

    assert (BillingCycle(Interval(IntervalUnit.month), Money(5000, "EUR")),) == seen.cycles


async def test_a_scheduled_end_means_that_no_payment_comes_next(stripe_account: Account):
    """In flexible billing an end is a time, and `cancel_at_period_end` stays false."""
    made = stripe_account.simulator.subscriptions.open()
    before = await stripe_account.gateway.read_subscription(made["id"], NOON)
    made["cancel_at"] = made["items"]["data"][0]["current_period_end"]

    after = await stripe_account.gateway.read_subscription(made["id"], NOON)

    assert before.next_billing_at is not None
    assert (SubscriptionStatus.active, None) == (after.status, after.next_billing_at)
