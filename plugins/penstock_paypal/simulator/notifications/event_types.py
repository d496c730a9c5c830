"""
The events a webhook can be registered for.

The names are those of PayPal's pages on webhook event names, subscriptions, invoicing and
disputes, as far as they concern what the platform handles.
"""

from __future__ import annotations

_OF = {
    "BILLING.PLAN": "CREATED UPDATED ACTIVATED DEACTIVATED PRICING-CHANGE.ACTIVATED",
    "BILLING.SUBSCRIPTION": "CREATED ACTIVATED UPDATED EXPIRED CANCELLED SUSPENDED RE-ACTIVATED"
    " PAYMENT.FAILED",
    "CATALOG.PRODUCT": "CREATED UPDATED",
    "CHECKOUT.ORDER": "APPROVED COMPLETED PROCESSED SAVED VOIDED",
    "CHECKOUT.PAYMENT-APPROVAL": "REVERSED",
    "CUSTOMER.DISPUTE": "CREATED UPDATED RESOLVED",
    "INVOICING.INVOICE": "CANCELLED CREATED PAID REFUNDED SCHEDULED UPDATED",
    "PAYMENT.AUTHORIZATION": "CREATED VOIDED",
    "PAYMENT.CAPTURE": "COMPLETED DECLINED DENIED PENDING REFUNDED REVERSED",
    "PAYMENT.REFUND": "PENDING FAILED",
    "PAYMENT.SALE": "COMPLETED DENIED PENDING REFUNDED REVERSED",
}
EVERYTHING = "*"
EVENT_TYPES = tuple(f"{of}.{one}" for of, names in _OF.items() for one in names.split())


def shown(name: str) -> dict[str, str]:
    """An event type as the API lists it."""
    what = "ALL" if name == EVERYTHING else name.replace(".", " ").replace("-", " ").capitalize()
    return {"name": name, "description": what, "status": "ENABLED"}
