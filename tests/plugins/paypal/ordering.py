"""Orders as PayPal's API shows them, and a merchant with the plugin at the simulated PayPal."""

from __future__ import annotations

from typing import Any

from penstock.api import CaptureRequest, CheckoutRequest, Money, Order, Response
from penstock.testing.http import response

ORDER_ID, CAPTURE_ID = "5O190127TN364715T", "3C679366HH908993F"
PAYMENT_ID = "pay-5f2b1c9a8d7e6f504132a1b0c9d8e7f6"
OPERATION = "6f1c2a52-8c0a-5a1e-9a52-3f5b1a0c7d11"
APPROVE = f"https://www.sandbox.paypal.com/checkoutnow?token={ORDER_ID}"
BOOK = Order(Money(1250, "USD"), reference="order-7", description="A book")
REQUEST = CheckoutRequest(
    OPERATION,
    PAYMENT_ID,
    BOOK,
    return_url="https://penstock.test/return/secret",
    cancel_url="https://penstock.test/cancel/secret",
    brand="Acme",
)
CAPTURE = CaptureRequest(OPERATION, PAYMENT_ID, ORDER_ID, BOOK)


def created(approve: str | None = APPROVE, rel: str = "payer-action") -> dict[str, Any]:
    """What PayPal answers to a create."""
    links = [{"rel": "self", "href": "https://api.sandbox.paypal.com/x", "method": "GET"}]
    if approve is not None:
        links.append({"rel": rel, "href": approve, "method": "GET"})
    return {
        "id": ORDER_ID,
        "status": "PAYER_ACTION_REQUIRED",
        "create_time": "2026-11-02T12:00:00Z",
        "links": links,
    }


def capture(status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    """A capture."""
    return {
        "id": CAPTURE_ID,
        "status": status,
        "amount": {"currency_code": "USD", "value": "12.50"},
        "custom_id": PAYMENT_ID,
        "create_time": "2026-11-02T12:05:00Z",
        "update_time": "2026-11-02T12:05:00Z",
        **more,
    }


def order(status: str, *captures: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An order; with its captures once it is completed."""
    unit: dict[str, Any] = {
        "custom_id": PAYMENT_ID,
        "amount": {"currency_code": "USD", "value": "12.50"},
    }
    if captures:
        unit["payments"] = {"captures": list(captures)}
    payer = {
        "payer_id": "PAYER1",
        "email_address": "ada@example.test",
        "name": {"given_name": "Ada", "surname": "Lovelace"},
    }
    return {"id": ORDER_ID, "status": status, "purchase_units": [unit], "payer": payer, **more}


def refused(issue: str, status: int = 422) -> Response:
    """An error as PayPal writes it."""
    named = {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue}]}
    return response(status, {**named, "debug_id": "90957fca61718"})
