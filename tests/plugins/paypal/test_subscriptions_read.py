"""A subscription as PayPal shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from penstock.api import (
    BillingCycle,
    Interval,
    IntervalUnit,
    Money,
    Payer,
    Plan,
    SubscriptionObservation,
    SubscriptionStatus,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.subscribing import (
    PLAN_ID,
    SUBSCRIPTION_ID,
    cycle,
    plan,
    price,
    subscription,
)
from tests.plugins.paypal.subscription_reading import WHERE, read_back
from tests.plugins.paypal.told import Told, problem

PLAN = f"/v1/billing/plans/{PLAN_ID}"
MONTHLY = BillingCycle(Interval(IntervalUnit.month), Money(1250, "USD"))


def _at(day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


async def test_a_subscription_is_read_whole(told: Told) -> None:
    shown = subscription(
        subscriber={
            "payer_id": "9B84P2Q6BE4BN",
            "name": {"given_name": "Ada", "surname": "Lovelace"},
            "email_address": "ada@example.test",
        },
        billing_info={
            "outstanding_balance": {"currency_code": "USD", "value": "12.5"},
            "last_payment": {
                "amount": {"currency_code": "USD", "value": "12.5"},
                "time": "2026-11-01T12:00:04Z",
            },
            "last_failed_payment": {"next_payment_retry_time": "2026-11-06T10:00:00Z"},
            "next_billing_time": "2026-12-01T10:00:00Z",
            "failed_payments_count": 2,
        },
    )

    assert SubscriptionObservation(
        reference=SUBSCRIPTION_ID,
        status=SubscriptionStatus.active,
        started_at=_at(1),
        plan=Plan(PLAN_ID, "Gold"),
        cycles=(MONTHLY,),
        status_at=_at(1, second=5),
        as_of=_at(1, second=6),
        merchant_reference="customer-12",
        subscriber=Payer("9B84P2Q6BE4BN", "Ada Lovelace", "ada@example.test"),
        next_billing_at=datetime(2026, 12, 1, 10, tzinfo=UTC),
        last_paid_at=_at(1, second=4),
        last_paid=Money(1250, "USD"),
        outstanding=Money(1250, "USD"),
        failures=2,
        next_attempt_at=_at(6, 10),
        links={
            "paypal": f"https://www.sandbox.paypal.com/billing/subscriptions/{SUBSCRIPTION_ID}",
            "wallet": "https://www.sandbox.paypal.com/myaccount/autopay/",
        },
    ) == await read_back(told, shown)


@pytest.mark.parametrize("status", SubscriptionStatus)
async def test_every_status_of_paypals_is_known(told: Told, status: SubscriptionStatus) -> None:
    assert status is (await read_back(told, subscription(status.value.upper()))).status


@pytest.mark.parametrize("status", ["PAUSED", "", None, 7])
async def test_a_status_that_is_not_known_is_for_people(told: Told, status: object) -> None:
    told.at(WHERE, response(200, subscription(status=status)))

    with pytest.raises(Unconfirmable, match="status that is not known here"):
        await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


async def test_what_paypal_leaves_out_is_unknown(told: Told) -> None:
    told.at(PLAN, problem(404))

    assert SubscriptionObservation(
        SUBSCRIPTION_ID,
        SubscriptionStatus.active,
        NOON,
        links={
            "paypal": f"https://www.sandbox.paypal.com/billing/subscriptions/{SUBSCRIPTION_ID}",
            "wallet": "https://www.sandbox.paypal.com/myaccount/autopay/",
        },
    ) == await read_back(told, {"id": SUBSCRIPTION_ID, "status": "ACTIVE"})


async def test_a_subscription_without_its_plan_has_the_plan_asked_for(told: Told) -> None:
    shown = subscription()
    del shown["plan"]
    told.at(PLAN, response(200, plan()))

    assert (MONTHLY,) == (await read_back(told, shown)).cycles
    assert [("GET", WHERE), ("GET", PLAN)] == told.asked


async def test_an_overridden_price_counts_and_the_interval_is_the_plans(told: Told) -> None:
    override = {"sequence": 2, **price("9.00")}
    shown = subscription(plan={"id": PLAN_ID, "billing_cycles": [override]})
    told.at(PLAN, response(200, plan(cycle("1.00", trial=True), cycle("12.50"))))
    found = await read_back(told, shown)

    assert (
        BillingCycle(Interval(IntervalUnit.month), Money(100, "USD"), True, 1),
        BillingCycle(Interval(IntervalUnit.month), Money(900, "USD")),
    ) == found.cycles


async def test_a_quantity_multiplies_the_price(told: Told) -> None:
    (found,) = (await read_back(told, subscription(quantity="3"))).cycles

    assert Money(3750, "USD") == found.price


async def test_an_interval_that_is_not_known_is_for_people(told: Told) -> None:
    """
    Without it nobody can say until when a payment pays.
    """
    told.at(WHERE, response(200, subscription(plan=plan(cycle(unit="FORTNIGHT")))))

    with pytest.raises(Unconfirmable, match="interval that is not known here"):
        await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


async def test_billing_begins_with_the_buyers_approval(told: Told) -> None:
    """
    PayPal sets `create_time` to that moment; a start in the future is later.
    """
    late = subscription(start_time="2026-11-01T00:00:00Z", create_time="2026-11-03T00:00:00Z")
    ahead = subscription(start_time="2026-11-09T00:00:00Z")

    assert _at(3, 0) == (await read_back(told, late)).started_at
    assert _at(9, 0) == (await read_back(told, ahead)).started_at


@pytest.mark.parametrize(
    ("paid", "again"), [(None, _at(6, 10)), ("2026-10-01", _at(6, 10)), ("2026-11-02", None)]
)
async def test_a_payment_that_failed_is_tried_again_before_paypal_counts_the_failure(
    told: Told, paid: str | None, again: datetime | None
) -> None:
    info = {
        "failed_payments_count": 0,
        "last_failed_payment": {
            "time": "2026-11-01T10:00:00Z",
            "next_payment_retry_time": "2026-11-06T10:00:00Z",
        },
        **({"last_payment": {"time": f"{paid}T10:00:00Z"}} if paid else {}),
    }
    found = await read_back(told, subscription(billing_info=info))

    assert (0, again) == (found.failures, found.next_attempt_at)


async def test_a_failed_payment_of_the_past_is_not_tried_again(told: Told) -> None:
    info = {
        "failed_payments_count": 0,
        "last_failed_payment": {"next_payment_retry_time": "2026-11-06T10:00:00Z"},
        "outstanding_balance": {"currency_code": "USD", "value": "0.0"},
    }
    found = await read_back(told, subscription(billing_info=info))

    assert (0, None, None) == (found.failures, found.next_attempt_at, found.outstanding)
