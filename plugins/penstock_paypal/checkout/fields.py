"""What PayPal takes in an order, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from penstock.api import CheckoutRequest, Invalid
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer

# Limits of checkout_orders_v2.
_LONGEST = 127
_LONGEST_URL = 4000
# developer.paypal.com/api/rest/reference/currency-codes
CURRENCIES = frozenset(
    {
        *("AUD", "BRL", "CAD", "CNY", "CZK", "DKK", "EUR", "HKD", "HUF", "ILS", "JPY", "MYR"),
        *("MXN", "TWD", "NZD", "NOK", "PHP", "PLN", "GBP", "SGD", "SEK", "CHF", "THB", "USD"),
    }
)
_OURS: Mapping[str, tuple[str, str]] = {
    "INVALID_CURRENCY_CODE": ("order.currency", "PayPal takes no payments in this currency"),
    "CURRENCY_NOT_SUPPORTED": ("order.currency", "PayPal takes no payments in this currency"),
    "DECIMAL_PRECISION": ("order.amount", "PayPal takes fewer decimals in this currency"),
    "DECIMALS_NOT_SUPPORTED": ("order.amount", "PayPal takes no decimals in this currency"),
    "CANNOT_BE_ZERO_OR_NEGATIVE": ("order.amount", "it must be above zero"),
    "MAX_VALUE_EXCEEDED": ("order.amount", "it is more than PayPal takes"),
}
Meaning = Literal["declined", "not approved", "closed"]
CAPTURE_ISSUES: Mapping[str, Meaning] = {
    # The buyer may choose another means of payment and approve again
    # (developer.paypal.com/api/handle-payment-failures).
    "INSTRUMENT_DECLINED": "declined",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING": "declined",
    "PAYER_CANNOT_PAY": "declined",
    "PAYER_ACCOUNT_RESTRICTED": "declined",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "declined",
    "TRANSACTION_REFUSED": "declined",
    "TRANSACTION_LIMIT_EXCEEDED": "declined",
    "TRANSACTION_BLOCKED_BY_PAYEE": "declined",
    "PAYEE_BLOCKED_TRANSACTION": "declined",
    "COMPLIANCE_VIOLATION": "declined",
    "DOMESTIC_TRANSACTION_REQUIRED": "declined",
    "CARD_BRAND_NOT_SUPPORTED": "declined",
    "ORDER_NOT_APPROVED": "not approved",
    "PAYER_ACTION_REQUIRED": "not approved",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": "closed",
    "ORDER_EXPIRED": "closed",
    "ORDER_COMPLETED_OR_VOIDED": "closed",
}
"""What an issue of a refused capture means; any other needs a person."""


def of_request(request: CheckoutRequest) -> Invalid | None:
    """The first field of a request that PayPal would not take."""
    amount = request.order.amount
    if amount.currency not in CURRENCIES:
        return Invalid("order.currency", "PayPal takes no payments in this currency")
    try:
        shapes.amount(amount)
    except ValueError as exc:
        return Invalid("order.amount", str(exc))
    for name, url in (("return_url", request.return_url), ("cancel_url", request.cancel_url)):
        if len(url) > _LONGEST_URL:
            return Invalid(name, f"it may have at most {_LONGEST_URL} characters")
    return None


def body(request: CheckoutRequest) -> Mapping[str, Any]:
    """The order to create; its `custom_id` is the payment's id."""
    unit: dict[str, Any] = {
        "custom_id": request.payment_id,
        "amount": shapes.amount(request.order.amount),
    }
    if request.order.description:
        unit["description"] = request.order.description[:_LONGEST]
    context: dict[str, Any] = {
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "return_url": request.return_url,
        "cancel_url": request.cancel_url,
    }
    if request.brand:
        context["brand_name"] = request.brand[:_LONGEST]
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def refused(answer: Answer) -> Invalid | None:
    """The field that PayPal refuses in a 400 or 422; None where it is none of ours."""
    if answer.status not in (400, 422):
        return None
    found = next((_OURS[one] for one in answer.issues if one in _OURS), None)
    return Invalid(*found) if found else None
