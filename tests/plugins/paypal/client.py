"""A client of PayPal's that asks for one sale."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import Evidence, Notification
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.told import Told

SALE = "5CS38179PL895402Y"
SALE_PATH = f"/v1/payments/sale/{SALE}"
FOUND = response(
    200,
    {"id": SALE, "state": "completed", "amount": {"total": "1.00", "currency": "USD"}},
)


def _notification() -> Notification:
    return Notification(
        id="WH-1",
        gateway="paypal",
        type="PAYMENT.SALE.COMPLETED",
        entity=f"paypal-{SALE}",
        resource={},
        occurred_at=NOON - timedelta(days=1),
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="0",
    )


async def ask_once(told: Told) -> Any:
    return await told.paypal.confirm(_notification(), NOON)


@pytest.fixture
def told() -> Told:
    told = Told()
    told.at(SALE_PATH, FOUND)
    return told
