"""An agreement from before subscriptions: read whole, and tolerant of what PayPal leaves out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import BillingCycle, Interval, IntervalUnit, Money, Payer, Plan
from penstock.api import SubscriptionStatus as Status
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.subscribing import SUBSCRIPTION_ID
from tests.plugins.paypal.told import Told, problem

WHERE = f"/v1/billing/subscriptions/{SUBSCRIPTION_ID}?fields=last_failed_payment,plan"
AGREEMENT = f"/v1/payments/billing-agreements/{SUBSCRIPTION_ID}"


def usd(value: str) -> dict[str, str]:
    return {"value": value, "currency": "USD"}


def shown(**changes: Any) -> dict[str, Any]:
    """An agreement as PayPal shows it; None leaves a field out."""
    whole = {
        "state": "Active",
        "start_date": "2026-10-01T07:00:00Z",
        "payer": {"payer_info": {"payer_id": "PAYER1", "first_name": "Ada", "email": "a@b.test"}},
        "plan": {
            "id": "P-OLD1",
            "name": "Gold",
            "curr_code": "USD",
            "payment_definitions": [
                {
                    "type": "REGULAR",
                    "frequency": "Month",
                    "frequency_interval": "3",
                    "cycles": "0",
                    "amount": {"value": "10.00"},
                },
                {
                    "type": "Trial",
                    "frequency": "Week",
                    "frequency_interval": "1",
                    "cycles": "2",
                    "amount": usd("0"),
                },
            ],
        },
        "agreement_details": {
            "next_billing_date": "2026-12-01T10:00:00Z",
            "last_payment_date": "2026-11-01T10:00:00Z",
            "last_payment_amount": {"value": "10.00"},
            "outstanding_balance": usd("2.50"),
            "failed_payment_count": "1",
        },
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


async def read(resource: dict[str, Any]) -> Any:
    told = Told()
    told.at(WHERE, problem(404))
    told.at(AGREEMENT, response(200, resource))
    return await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


async def test_an_agreement_is_read_whole() -> None:
    found = await read(shown())

    assert (SUBSCRIPTION_ID, Status.active, Plan("P-OLD1", "Gold")) == (
        found.reference,
        found.status,
        found.plan,
    )
    assert (
        BillingCycle(Interval(IntervalUnit.week), Money(0, "USD"), trial=True, cycles=2),
        BillingCycle(Interval(IntervalUnit.month, 3), Money(1000, "USD"), trial=False, cycles=0),
    ) == found.cycles
    assert Payer("PAYER1", "Ada", "a@b.test") == found.subscriber
    assert [
        datetime(2026, month, 1, hour, tzinfo=UTC) for month, hour in ((10, 7), (12, 10), (11, 10))
    ] == [found.started_at, found.next_billing_at, found.last_paid_at]
    assert (Money(1000, "USD"), Money(250, "USD"), 1) == (
        found.last_paid,
        found.outstanding,
        found.failures,
    )


async def test_what_is_left_out_is_unknown_and_cycles_without_a_number_have_no_end() -> None:
    definition = {"frequency": "Month"}
    found = await read({"state": "active", "plan": {"payment_definitions": [definition]}})

    assert (NOON, None, None) == (found.started_at, found.plan, found.subscriber)
    assert (BillingCycle(Interval(IntervalUnit.month)),) == found.cycles
    assert (None, None, None, None, 0) == (
        found.next_billing_at,
        found.last_paid_at,
        found.last_paid,
        found.outstanding,
        found.failures,
    )


@pytest.mark.parametrize(("balance", "owed"), [("0.00", None), ("0.01", 1), ("-1.00", None)])
async def test_a_balance_above_zero_is_owed(balance: str, owed: int | None) -> None:
    found = await read(shown(agreement_details={"outstanding_balance": usd(balance)}))

    assert owed == (found.outstanding and found.outstanding.minor)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Pending", Status.approval_pending),
        ("Reactivated", Status.active),
        ("Suspended", Status.suspended),
        ("Canceled", Status.cancelled),
        ("Cancelled", Status.cancelled),
        ("Expired", Status.expired),
    ],
)
async def test_each_state_of_an_agreement_is_a_status(state: str, status: Status) -> None:
    assert status is (await read(shown(state=state))).status
