"""A refund that is asked of PayPal."""

from __future__ import annotations

from typing import Any

from penstock.api import Money, RefundRequest
from tests.plugins.paypal.sales import CAPTURE_PATH, REFUND, SALE, SALE_PATH

ASKED = RefundRequest("op-1", f"paypal-{SALE}", SALE, Money(500, "USD"), note="sorry")
V1, V2 = f"{SALE_PATH}/refund", f"{CAPTURE_PATH}/refund"


def capture_refund(status: str = "COMPLETED", value: str = "5.00") -> dict[str, Any]:
    amount = {"value": value, "currency_code": "USD"}
    return {"id": REFUND, "status": status, "amount": amount}
