"""A subscription as PayPal shows it: its cycles, its price and its balance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, Money
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.subscriptions.shown import owed
from tests.plugins.paypal.agreement import WHERE
from tests.plugins.paypal.subscribing import (
    PLAN_ID,
    SUBSCRIPTION_ID,
    cycle,
    plan,
    price,
    subscription,
)
from tests.plugins.paypal.told import Told, problem

WHOLE = f"{WHERE}?fields=last_failed_payment,plan"
AGREEMENT = f"/v1/payments/billing-agreements/{SUBSCRIPTION_ID}"
PLAN = f"/v1/billing/plans/{PLAN_ID}"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("pages", "cut"), [(None, 0), (0, 0), (1, 0), (2, 1), ("3", 1)])
async def test_transactions_that_no_page_shows_are_logged(
    told: Told, pages: object, cut: int
) -> None:
    until = NOON + timedelta(hours=1)
    span = "start_time=2026-11-02T12%3A00%3A00.000Z&end_time=2026-11-02T13%3A00%3A00.000Z"
    shown = [
        {"id": "SALE-1", "status": "COMPLETED", "time": "2026-11-02T12:30:00Z"},
        {"id": "SALE-2", "status": "DECLINED"},
        {"id": "../x", "status": "COMPLETED"},
        {"id": "SALE-3", "status": "PENDING", "time": "2026-11-02T13:00:01Z"},
        {"id": "SALE-4", "status": "REFUNDED"},
    ]
    told.at(
        f"{WHERE}/transactions?{span}",
        response(200, {"transactions": shown, "total_pages": pages}),
    )
    found = await told.paypal.list_payments(SUBSCRIPTION_ID, NOON, until)

    assert [
        ("SALE-1", "PAYMENT.SALE.COMPLETED", NOON + timedelta(minutes=30)),
        ("SALE-3", "PAYMENT.SALE.PENDING", until),
        ("SALE-4", "PAYMENT.SALE.COMPLETED", until),
    ] == [(one.resource_id, one.type, one.occurred_at) for one in found]
    assert ["paypal.transactions_cut"] * cut == [event for _, event, _ in told.log.lines]
    assert [] == await told.paypal.list_payments("../x", NOON, until)
    told.at(f"{WHERE}/transactions?{span}", problem(404))

    assert [] == await told.paypal.list_payments(SUBSCRIPTION_ID, NOON, until)


@pytest.mark.parametrize(
    ("status", "old"),
    [
        (400, None),
        (401, GatewayUnavailable),
        (402, None),
        (403, None),
        (404, None),
        (409, GatewayUnavailable),
        (500, GatewayUnavailable),
    ],
)
async def test_an_agreement_that_may_not_be_read_is_none_of_ours(
    told: Told, status: int, old: Any
) -> None:
    told.at(WHOLE, problem(404))
    told.at(AGREEMENT, problem(status))
    if old:
        with pytest.raises(old):
            await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)
    else:
        assert None is await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


async def read(told: Told, **shown: Any) -> Any:
    told.at(WHOLE, response(200, subscription(**shown)))
    return await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


@pytest.mark.parametrize(
    "overrides",
    [
        {"tenure_type": "REGULAR", "sequence": 2, **price("9.00")},
        {"frequency": {"interval_unit": "MONTH"}, "sequence": 2, **price("9.00")},
        {"sequence": 2, **price("9.00")},
    ],
)
async def test_an_override_that_does_not_say_how_long_it_lasts_is_completed_by_its_plan(
    told: Told, overrides: dict[str, Any]
) -> None:
    told.at(PLAN, response(200, plan(cycle("12.50", unit="YEAR"))))
    shown = await read(told, plan={"billing_cycles": [overrides]})

    assert [Money(900, "USD")] == [one.price for one in shown.cycles]
    assert ("GET", PLAN) in told.asked
    told.http.asked.clear()
    assert [Money(1250, "USD")] == [one.price for one in (await read(told)).cycles]
    assert ("GET", PLAN) not in told.asked
    shown = await read(told, plan_id=None, plan={"id": PLAN_ID})

    assert [Money(1250, "USD")] == [one.price for one in shown.cycles]


@pytest.mark.parametrize(
    ("paid", "failed", "retried"),
    [(None, 0, True), (-1, 0, True), (0, 0, False), (1, 0, False), (None, None, False)],
)
async def test_a_payment_is_tried_again_after_a_failure_that_no_payment_followed(
    told: Told, paid: int | None, failed: int | None, retried: bool
) -> None:
    def at(second: int | None) -> str | None:
        return None if second is None else (NOON + second * SECOND).isoformat()

    again = (NOON + timedelta(days=5)).isoformat()
    lost = {"time": at(failed), "next_payment_retry_time": again}
    info = {"last_payment": {"time": at(paid)}, "last_failed_payment": lost}
    shown = await read(told, billing_info=info)

    assert retried is (shown.next_attempt_at is not None)
    counted = await read(told, billing_info={**info, "failed_payments_count": 1})

    assert NOON + timedelta(days=5) == counted.next_attempt_at
    assert (0, 1) == (shown.failures, counted.failures)


@pytest.mark.parametrize(("minor", "owes"), [(-1, False), (0, False), (1, True)])
def test_a_balance_above_zero_is_owed(minor: int, owes: bool) -> None:
    assert (Money(minor, "USD") if owes else None) == owed(Money(minor, "USD"))
    assert None is owed(None)


@pytest.mark.parametrize(
    ("quantity", "minor"), [(None, 1250), ("0", 1250), ("1", 1250), ("3", 3750)]
)
async def test_the_price_is_that_of_the_whole_subscription(
    told: Told, quantity: object, minor: int
) -> None:
    shown = await read(told, quantity=quantity)

    assert [Money(minor, "USD")] == [one.price for one in shown.cycles]
