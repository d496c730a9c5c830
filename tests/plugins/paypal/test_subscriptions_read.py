"""How a subscription stands: PayPal's API in our words, tolerant of what it leaves out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import (
    BillingCycle,
    GatewayUnavailable,
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
from tests.plugins.paypal.reference import PRESENT, needs_reference, samples
from tests.plugins.paypal.subscribing import (
    APPROVE,
    PLAN_ID,
    SUBSCRIPTION_ID,
    cycle,
    plan,
    price,
    subscription,
)
from tests.plugins.paypal.told import Told, problem

WHERE = f"/v1/billing/subscriptions/{SUBSCRIPTION_ID}?fields=last_failed_payment,plan"
AGREEMENT = f"/v1/payments/billing-agreements/{SUBSCRIPTION_ID}"
PLAN = f"/v1/billing/plans/{PLAN_ID}"
MONTHLY = BillingCycle(Interval(IntervalUnit.month), Money(1250, "USD"))
SAMPLES = (
    {name.removesuffix(".json"): json.loads(body) for name, body in samples()} if PRESENT else {}
)


def _at(day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


async def _read(told: Told, shown: object = None) -> SubscriptionObservation:
    told.at(WHERE, response(200, subscription() if shown is None else shown))
    found = await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)
    assert found is not None
    return found


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
    ) == await _read(told, shown)


@pytest.mark.parametrize("status", SubscriptionStatus)
async def test_every_status_of_paypals_is_known(told: Told, status: SubscriptionStatus) -> None:
    assert status is (await _read(told, subscription(status.value.upper()))).status


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
    ) == await _read(told, {"id": SUBSCRIPTION_ID, "status": "ACTIVE"})


async def test_a_subscription_without_its_plan_has_the_plan_asked_for(told: Told) -> None:
    shown = subscription()
    del shown["plan"]
    told.at(PLAN, response(200, plan()))

    assert (MONTHLY,) == (await _read(told, shown)).cycles
    assert [("GET", WHERE), ("GET", PLAN)] == told.asked


async def test_an_overridden_price_counts_and_the_interval_is_the_plans(told: Told) -> None:
    override = {"sequence": 2, **price("9.00")}
    shown = subscription(plan={"id": PLAN_ID, "billing_cycles": [override]})
    told.at(PLAN, response(200, plan(cycle("1.00", trial=True), cycle("12.50"))))
    found = await _read(told, shown)

    assert (
        BillingCycle(Interval(IntervalUnit.month), Money(100, "USD"), True, 1),
        BillingCycle(Interval(IntervalUnit.month), Money(900, "USD")),
    ) == found.cycles


async def test_a_quantity_multiplies_the_price(told: Told) -> None:
    (found,) = (await _read(told, subscription(quantity="3"))).cycles

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

    assert _at(3, 0) == (await _read(told, late)).started_at
    assert _at(9, 0) == (await _read(told, ahead)).started_at


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
    found = await _read(told, subscription(billing_info=info))

    assert (0, again) == (found.failures, found.next_attempt_at)


async def test_a_failed_payment_of_the_past_is_not_tried_again(told: Told) -> None:
    info = {
        "failed_payments_count": 0,
        "last_failed_payment": {"next_payment_retry_time": "2026-11-06T10:00:00Z"},
        "outstanding_balance": {"currency_code": "USD", "value": "0.0"},
    }
    found = await _read(told, subscription(billing_info=info))

    assert (0, None, None) == (found.failures, found.next_attempt_at, found.outstanding)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (APPROVE, APPROVE),
        ("https://evil.test/approve", None),
        ("https://www.sandbox.paypal.com.evil.test/", None),
        ("https://www.paypal.com/", None),
    ],
)
async def test_the_approval_link_is_shown_if_it_is_paypals(
    told: Told, address: str, shown: str | None
) -> None:
    links = [{"rel": "approve", "href": address}]
    found = await _read(told, subscription("APPROVAL_PENDING", links=links))

    assert shown == found.links.get("approve")


@pytest.mark.parametrize("reference", ["", "../x", "i-1", "I-1/cancel", "I-1?x"])
async def test_what_is_no_id_of_paypals_is_not_asked_for(told: Told, reference: str) -> None:
    assert await told.paypal.read_subscription(reference, NOON) is None
    assert [] == told.asked


@pytest.mark.parametrize("old", [404, 403, 400])
async def test_one_that_paypal_does_not_know_is_none(told: Told, old: int) -> None:
    told.at(WHERE, problem(404, "INVALID_RESOURCE_ID"))
    told.at(AGREEMENT, problem(old))

    assert await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON) is None


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_without_an_answer_it_waits(told: Told, status: int) -> None:
    told.at(WHERE, problem(status))

    with pytest.raises(GatewayUnavailable):
        await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


@pytest.mark.parametrize("status", [429, 500])
async def test_without_an_answer_about_an_old_agreement_it_waits(told: Told, status: int) -> None:
    told.at(WHERE, problem(404))
    told.at(AGREEMENT, problem(status))

    with pytest.raises(GatewayUnavailable):
        await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


@needs_reference
async def test_a_real_subscription_of_2025_is_read(told: Told) -> None:
    shown = SAMPLES["real-sandbox2025__GET-subscription"]
    where = f"/v1/billing/subscriptions/{shown['id']}?fields=last_failed_payment,plan"
    told.at(where, response(200, shown))
    told.at(f"/v1/billing/plans/{shown['plan_id']}", response(200, plan(cycle("199.0"))))
    found = await told.paypal.read_subscription(shown["id"], NOON)

    assert found is not None
    assert (SubscriptionStatus.active, Money(19900, "USD"), Money(19900, "USD")) == (
        found.status,
        found.last_paid,
        found.cycles[0].price,
    )
    assert datetime(2025, 7, 25, 9, 3, 12, tzinfo=UTC) == found.started_at
    assert datetime(2025, 8, 25, 10, tzinfo=UTC) == found.next_billing_at
    assert found.subscriber == Payer(
        "GYDYPD4J6NW2N", "Benjamin Gray", "sb-ree6p36958668@personal.example.com"
    )


SUBSCRIPTIONS = [name for name in SAMPLES if "subscription." in name or "subscription-act" in name]


@needs_reference
@pytest.mark.parametrize("name", SUBSCRIPTIONS)
async def test_every_published_subscription_and_agreement_is_read(name: str) -> None:
    resource = SAMPLES[name]["resource"]
    identity = resource["id"]
    told = Told()
    where = f"/v1/billing/subscriptions/{identity}?fields=last_failed_payment,plan"
    if "plan_id" in resource:
        told.at(where, response(200, resource))
        told.at(f"/v1/billing/plans/{resource['plan_id']}", response(200, plan()))
    else:
        told.at(where, problem(404))
        told.at(f"/v1/payments/billing-agreements/{identity}", response(200, resource))
    found = await told.paypal.read_subscription(identity, NOON)

    assert found is not None
    word = resource.get("status") or resource["state"]
    assert word.lower() == found.status.value
    assert found.cycles
    assert (found.last_paid is None) == (word == "APPROVAL_PENDING")


@needs_reference
async def test_an_agreement_has_its_cycles_in_its_plans_currency() -> None:
    told = Told()
    resource: dict[str, Any] = SAMPLES["djpaypal__billing.subscription.re-activated"]["resource"]
    told.at(WHERE, problem(404))
    told.at(AGREEMENT, response(200, resource))
    found = await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)

    assert found is not None
    assert (
        BillingCycle(Interval(IntervalUnit.month), Money(500, "USD"), True, 5),
        BillingCycle(Interval(IntervalUnit.month), Money(1000, "USD"), False, 15),
    ) == found.cycles
    assert (Money(100, "USD"), None) == (found.last_paid, found.outstanding)
    assert datetime(2016, 4, 30, 7, tzinfo=UTC) == found.next_billing_at


async def test_an_agreement_in_an_unknown_state_is_for_people(told: Told) -> None:
    told.at(WHERE, problem(404))
    told.at(AGREEMENT, response(200, {"id": SUBSCRIPTION_ID, "state": "Frozen"}))

    with pytest.raises(Unconfirmable, match="state that is not known here"):
        await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)
