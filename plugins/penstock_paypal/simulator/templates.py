"""
The resources that events are about, as PayPal's API shows them.

The shapes follow PayPal's published specifications: payments_payment_v1 (sale, refund, payment),
payments_payment_v2 (capture, refund), checkout_orders_v2 (order), customer_disputes_v1 (dispute).
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document, written
from penstock_paypal.simulator.credentials import token

RESPONSE_TIME = timedelta(days=10)
"""How long the simulated PayPal gives a seller to respond to a dispute."""
_API = "https://api.paypal.com"
_RATE, _FIXED = Decimal("0.0349"), Decimal("0.30")
_BUYER = {"email": "buyer@example.com", "given": "Ada", "surname": "Example"}


def sale(now: str, state: str) -> Document:
    """A v1 sale, under a subscription that is chosen later."""
    made: Document = {
        "id": token(),
        "create_time": now,
        "update_time": now,
        "state": state,
        "amount": {"total": "12.50", "currency": "USD", "details": {"subtotal": "12.50"}},
        "payment_mode": "INSTANT_TRANSFER",
        "protection_eligibility": "ELIGIBLE",
        "billing_agreement_id": "",
        "invoice_number": "",
    }
    if state == "pending":
        return {**made, "payment_mode": "ECHECK", "reason_code": "ECHECK"}
    return made


def refund(now: str) -> Document:
    """A v1 refund; a reversal has the same shape."""
    return {
        "id": token(),
        "create_time": now,
        "update_time": now,
        "state": "completed",
        "amount": {"total": "12.50", "currency": "USD"},
        "sale_id": "",
    }


def capture(now: str, status: str) -> Document:
    """A v2 capture, with the order it belongs to."""
    made: Document = {
        "id": token(),
        "status": status,
        "amount": _money("12.50", "USD"),
        "final_capture": True,
        "seller_protection": {"status": "ELIGIBLE"},
        "supplementary_data": {"related_ids": {"order_id": token()}},
        "create_time": now,
        "update_time": now,
    }
    if status == "PENDING":
        made["status_details"] = {"reason": "ECHECK"}
    return made


def capture_refund(now: str, status: str, capture_id: str) -> Document:
    """A v2 refund, which names its capture in a link only."""
    identity = token()
    return {
        "id": identity,
        "status": status,
        "amount": _money("12.50", "USD"),
        "create_time": now,
        "update_time": now,
        "links": [
            {"href": f"{_API}/v2/payments/refunds/{identity}", "rel": "self", "method": "GET"},
            {"href": f"{_API}/v2/payments/captures/{capture_id}", "rel": "up", "method": "GET"},
        ],
    }


def payment(identity: str, resource: Document, now: str) -> Document:
    """The v1 payment that a sale belongs to, with the payer, whom a sale does not name."""
    return {
        "id": identity,
        "intent": "sale",
        "state": "approved",
        "create_time": now,
        "update_time": now,
        "payer": {
            "payment_method": "paypal",
            "status": "VERIFIED",
            "payer_info": {
                "email": _BUYER["email"],
                "first_name": _BUYER["given"],
                "last_name": _BUYER["surname"],
                "payer_id": token(13),
            },
        },
        "transactions": [{"amount": resource.get("amount"), "related_resources": []}],
    }


def order(identity: str, resource: Document, now: str) -> Document:
    """The v2 order that a capture belongs to, with the payer."""
    name = {"given_name": _BUYER["given"], "surname": _BUYER["surname"]}
    payer = {"name": name, "email_address": _BUYER["email"], "payer_id": token(13)}
    return {
        "id": identity,
        "intent": "CAPTURE",
        "status": "COMPLETED",
        "payer": payer,
        "payment_source": {"paypal": {"email_address": _BUYER["email"], "name": name}},
        "purchase_units": [
            {
                "reference_id": "default",
                "amount": resource.get("amount"),
                "payments": {"captures": [{"id": resource.get("id")}]},
            }
        ],
        "create_time": now,
        "update_time": now,
    }


def dispute(books: Books, about: Document) -> Document:
    """An open dispute over a sale or a capture, which the seller must respond to."""
    now = books.now()
    return {
        "dispute_id": f"PP-D-{token(6)}",
        "create_time": now,
        "update_time": now,
        "disputed_transactions": [
            {"seller_transaction_id": about.get("id"), "seller_protection_eligible": True}
        ],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_state": "REQUIRED_ACTION",
        "dispute_amount": v2_amount(about),
        "dispute_life_cycle_stage": "CHARGEBACK",
        "dispute_channel": "INTERNAL",
        "seller_response_due_date": written(books.clock() + RESPONSE_TIME),
    }


def resolution(dispute: Document) -> Document:
    """What resolving adds to a dispute: for the seller, unless told otherwise."""
    currency = shapes.text(dispute, "dispute_amount", "currency_code") or "USD"
    return {
        "status": "RESOLVED",
        "dispute_state": "RESOLVED",
        "dispute_outcome": {
            "outcome_code": "RESOLVED_SELLER_FAVOUR",
            "amount_refunded": _money("0.00", currency),
        },
    }


def fee(resource: Document) -> tuple[Decimal, Decimal] | None:
    """Fee and net of a payment, by the simulator's own tariff; None if its amount is odd."""
    gross = total(resource)
    if not gross:
        return None
    try:
        exact = (gross * _RATE + _FIXED).quantize(gross, ROUND_HALF_UP)
    except InvalidOperation:
        return None
    charged = min(gross, exact)
    return charged, gross - charged


def total(resource: Document) -> Decimal | None:
    """The amount, without its sign; None if it cannot be read."""
    written = shapes.at(resource, "amount", "total") or shapes.at(resource, "amount", "value")
    try:
        value = Decimal(str(written))
    except InvalidOperation:
        return None
    return abs(value) if value.is_finite() else None


def currency(resource: Document) -> Any:
    """The currency of its amount, in either shape."""
    one = shapes.at(resource, "amount", "currency")
    return one or shapes.at(resource, "amount", "currency_code")


def v2_amount(resource: Document) -> Document:
    """Its amount in the shape of v2."""
    written = shapes.at(resource, "amount", "total") or shapes.at(resource, "amount", "value")
    return {"currency_code": currency(resource), "value": written}


def _money(value: str, currency: str) -> Document:
    return {"currency_code": currency, "value": value}
