"""What PayPal does not show of a subscription, and every published sample of one."""

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
    SubscriptionStatus,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.reference import PRESENT, needs_reference, samples
from tests.plugins.paypal.subscribing import APPROVE, SUBSCRIPTION_ID, cycle, plan, subscription
from tests.plugins.paypal.subscription_reading import WHERE, read_back
from tests.plugins.paypal.told import Told, problem

AGREEMENT = f"/v1/payments/billing-agreements/{SUBSCRIPTION_ID}"
SAMPLES = (
    {name.removesuffix(".json"): json.loads(body) for name, body in samples()} if PRESENT else {}
)


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
    found = await read_back(told, subscription("APPROVAL_PENDING", links=links))

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
