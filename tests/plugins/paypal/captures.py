"""Captures of a checkout as PayPal shows them, and what the tests of money re-read share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.api import EntityKind, Money, Ref, RefundRequest
from tests.plugins.paypal.sales import SALE

QUARTER = timedelta(minutes=15)
PAYMENT = "PAY-3ML43826KS5034829LBHYDOI"
PAYMENT_PATH = f"/v1/payments/payment/{PAYMENT}"
PAID = Ref(EntityKind.payment, f"paypal-{SALE}")
ASKED = RefundRequest("op-1", f"paypal-{SALE}", SALE, Money(500, "USD"), note="sorry")


def of_v2(value: str = "12.50", **changes: Any) -> dict[str, Any]:
    amount = {"value": value, "currency_code": "USD"}
    return {"id": SALE, "status": "COMPLETED", "amount": amount, **changes}
