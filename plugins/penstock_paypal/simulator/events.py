"""Events, and a world in which they are true: what the API says agrees with the webhook."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document, now
from penstock_paypal.simulator.credentials import token

_SALE_STATES = {
    "PAYMENT.SALE.COMPLETED": "completed",
    "PAYMENT.SALE.PENDING": "pending",
    "PAYMENT.SALE.DENIED": "denied",
}
_SENT_BACK = {"PAYMENT.SALE.REFUNDED": "refunded", "PAYMENT.SALE.REVERSED": "reversed"}
_SUBSCRIPTION_STATES = {
    "BILLING.SUBSCRIPTION.CREATED": "APPROVAL_PENDING",
    "BILLING.SUBSCRIPTION.ACTIVATED": "ACTIVE",
    "BILLING.SUBSCRIPTION.UPDATED": "ACTIVE",
    "BILLING.SUBSCRIPTION.SUSPENDED": "SUSPENDED",
    "BILLING.SUBSCRIPTION.CANCELLED": "CANCELLED",
    "BILLING.SUBSCRIPTION.EXPIRED": "EXPIRED",
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": "ACTIVE",
}
_INVOICES = frozenset({"INVOICING.INVOICE.PAID", "INVOICING.INVOICE.CANCELLED"})
KNOWN = frozenset({*_SALE_STATES, *_SENT_BACK, *_SUBSCRIPTION_STATES, *_INVOICES})


class UnknownResource(Exception):
    """The event is to be about something the simulator does not have."""


def event(
    books: Books,
    event_type: str,
    overrides: Mapping[str, Any],
    subscription: Mapping[str, Any],
) -> Document:
    """
    An event of that type, with the resources it is about put into the books.

    Args:
        overrides: values by dotted path into the event; None leaves the field out.
        subscription: the same, into the subscription the sale is under.

    Raises:
        UnknownResource: no such invoice.
    """
    if event_type in _INVOICES:
        resource_type, resource = "invoices", _invoice(books, overrides)
    elif event_type in _SUBSCRIPTION_STATES:
        status = _SUBSCRIPTION_STATES[event_type]
        resource_type, resource = "subscription", books.subscribe(status=status)
    else:
        sent_back = event_type in _SENT_BACK
        resource_type = "refund" if sent_back else "sale"
        resource = _refund() if sent_back else _sale(_SALE_STATES[event_type])
    made: Document = {
        "id": f"WH-{token()}-{token()}",
        "event_version": "1.0",
        "create_time": now(),
        "resource_type": resource_type,
        "event_type": event_type,
        "summary": f"Simulated: {event_type}",
        "resource": copy.deepcopy(resource),
        "links": [],
    }
    for path, value in overrides.items():
        put(made, path, value)
    if resource_type in ("sale", "refund"):
        _make_true(books, made, subscription)
    elif resource_type == "subscription":
        books.subscriptions[made["resource"]["id"]] = copy.deepcopy(made["resource"])
    return made


def believe(books: Books, own: Mapping[str, Any]) -> None:
    """Put what somebody's own event is about into the books, if it is about a sale."""
    if own.get("event_type") in _SALE_STATES and shapes.text(own, "resource", "id"):
        _make_true(books, copy.deepcopy(dict(own)), {})


def put(document: Document, path: str, value: Any) -> None:
    """Set a value by its dotted path; None takes the field away."""
    *parents, last = path.split(".")
    for name in parents:
        inner = document.get(name)
        document[name] = inner if isinstance(inner, dict) else {}
        document = document[name]
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def _make_true(books: Books, made: Document, subscription: Mapping[str, Any]) -> None:
    resource, event_type = made["resource"], made["event_type"]
    if event_type in _SENT_BACK:
        _send_back(books, resource, _SENT_BACK[event_type], subscription)
        return
    sale = copy.deepcopy(resource)
    agreement = sale.get("billing_agreement_id")
    if agreement == "":
        # Not said: the subscription it was under before, or one of its own.
        known = shapes.text(books.sales.get(sale["id"]), "billing_agreement_id")
        agreement = _under(books, known, subscription)
        resource["billing_agreement_id"] = sale["billing_agreement_id"] = agreement
    elif isinstance(agreement, str):
        _under(books, agreement, subscription)
    books.sales[sale["id"]] = sale


def _send_back(
    books: Books, refund: Document, state: str, subscription: Mapping[str, Any]
) -> None:
    sale = books.sales.get(str(refund.get("sale_id")))
    if sale is None:
        sale = _sale("completed")
        sale["amount"] = copy.deepcopy(refund["amount"])
        sale["billing_agreement_id"] = _under(books, None, subscription)
        if refund.get("sale_id"):
            sale["id"] = refund["sale_id"]
        elif "sale_id" in refund:
            refund["sale_id"] = sale["id"]
        books.sales[sale["id"]] = sale
    # The API names the sale of a refund, also where the webhook does not.
    books.refunds[str(refund["id"])] = {**copy.deepcopy(refund), "sale_id": sale["id"]}
    of_it = [one for one in books.refunds.values() if one["sale_id"] == sale["id"]]
    whole = sum(map(_total, of_it)) >= _total(sale)
    sale["state"] = state if whole or state == "reversed" else f"partially_{state}"
    sale["update_time"] = now()


def _under(books: Books, agreement: str | None, changes: Mapping[str, Any]) -> str:
    subscription = books.subscriptions.get(agreement or "")
    if subscription is None:
        subscription = books.subscribe(**({"id": agreement} if agreement else {}))
    for path, value in changes.items():
        put(subscription, path, value)
    return str(subscription["id"])


def _sale(state: str) -> Document:
    sale: Document = {
        "id": token(),
        "create_time": now(),
        "update_time": now(),
        "state": state,
        "amount": {"total": "12.50", "currency": "USD", "details": {"subtotal": "12.50"}},
        "payment_mode": "INSTANT_TRANSFER",
        "protection_eligibility": "ELIGIBLE",
        "billing_agreement_id": "",
        "invoice_number": "",
    }
    if state == "pending":
        return {**sale, "payment_mode": "ECHECK", "reason_code": "ECHECK"}
    if state == "completed":
        sale["transaction_fee"] = {"value": "0.74", "currency": "USD"}
    return sale


def _refund() -> Document:
    return {
        "id": token(),
        "create_time": now(),
        "state": "completed",
        "amount": {"total": "12.50", "currency": "USD"},
        "sale_id": "",
    }


def _invoice(books: Books, overrides: Mapping[str, Any]) -> Document:
    named = (overrides.get(f"resource.invoice.{one}") for one in ("id", "detail.invoice_number"))
    wanted = {one for one in named if one}
    for invoice in reversed(books.invoices.values()):
        if not wanted or wanted & {invoice["id"], invoice["detail"]["invoice_number"]}:
            return {"invoice": invoice}
    raise UnknownResource("there is no such invoice")


def _total(resource: Document) -> Decimal:
    try:
        return abs(Decimal(str(resource["amount"]["total"])))
    except (KeyError, TypeError, InvalidOperation):
        return Decimal()
