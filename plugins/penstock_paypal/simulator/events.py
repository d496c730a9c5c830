"""Events, and a world in which they are true: what the API says agrees with the webhook."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator import templates, truth
from penstock_paypal.simulator.books import Books, Document, put
from penstock_paypal.simulator.credentials import token

SALES = {
    "PAYMENT.SALE.COMPLETED": "completed",
    "PAYMENT.SALE.PENDING": "pending",
    "PAYMENT.SALE.DENIED": "denied",
}
SALES_SENT_BACK = {"PAYMENT.SALE.REFUNDED": "refunded", "PAYMENT.SALE.REVERSED": "reversed"}
CAPTURES = {
    "PAYMENT.CAPTURE.COMPLETED": "COMPLETED",
    "PAYMENT.CAPTURE.PENDING": "PENDING",
    # One fact under two names: DENIED is v1's, DECLINED is v2's.
    "PAYMENT.CAPTURE.DENIED": "DECLINED",
    "PAYMENT.CAPTURE.DECLINED": "DECLINED",
}
CAPTURES_SENT_BACK = {
    "PAYMENT.CAPTURE.REFUNDED": "COMPLETED",
    "PAYMENT.CAPTURE.REVERSED": "COMPLETED",
    "PAYMENT.REFUND.PENDING": "PENDING",
    "PAYMENT.REFUND.FAILED": "FAILED",
    "PAYMENT.REFUND.COMPLETED": "COMPLETED",
}
SUBSCRIPTIONS = {
    "BILLING.SUBSCRIPTION.CREATED": "APPROVAL_PENDING",
    "BILLING.SUBSCRIPTION.ACTIVATED": "ACTIVE",
    "BILLING.SUBSCRIPTION.RE-ACTIVATED": "ACTIVE",
    "BILLING.SUBSCRIPTION.UPDATED": "ACTIVE",
    "BILLING.SUBSCRIPTION.SUSPENDED": "SUSPENDED",
    "BILLING.SUBSCRIPTION.CANCELLED": "CANCELLED",
    "BILLING.SUBSCRIPTION.EXPIRED": "EXPIRED",
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": "ACTIVE",
}
PLANS = {
    "BILLING.PLAN.CREATED": "CREATED",
    "BILLING.PLAN.UPDATED": "ACTIVE",
    "BILLING.PLAN.ACTIVATED": "ACTIVE",
    "BILLING.PLAN.DEACTIVATED": "INACTIVE",
    "BILLING.PLAN.PRICING-CHANGE.ACTIVATED": "ACTIVE",
}
DISPUTE_OPENED = ("CUSTOMER.DISPUTE.CREATED", "RISK.DISPUTE.CREATED")
DISPUTES = frozenset({*DISPUTE_OPENED, "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED"})
INVOICES = frozenset(
    f"INVOICING.INVOICE.{what}"
    for what in ("CANCELLED", "CREATED", "PAID", "REFUNDED", "SCHEDULED", "UPDATED")
)
RECORDED = {
    "CATALOG.PRODUCT": ("product", "CREATED UPDATED"),
    "CHECKOUT.ORDER": ("checkout-order", "APPROVED COMPLETED DECLINED PROCESSED SAVED VOIDED"),
    "PAYMENT.AUTHORIZATION": ("authorization", "CREATED VOIDED"),
    "PAYMENT.ORDER": ("order", "CANCELLED CREATED"),
}
"""Of these the API shows nothing here: a resource with an id, a status and its times will do."""
OTHERS = {
    f"{of}.{what}": resource
    for of, (resource, names) in RECORDED.items()
    for what in names.split()
}
KNOWN = frozenset(
    {
        *SALES,
        *SALES_SENT_BACK,
        *CAPTURES,
        *CAPTURES_SENT_BACK,
        *SUBSCRIPTIONS,
        *PLANS,
        *DISPUTES,
        *INVOICES,
        *OTHERS,
    }
)
# What a second event about the same sale or capture does not change.
_KEPT = (
    "create_time",
    "amount",
    "billing_agreement_id",
    "parent_payment",
    "custom",
    "invoice_number",
    "custom_id",
    "invoice_id",
    "supplementary_data",
)


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
    resource_type, resource = _resource(books, event_type, overrides)
    made: Document = {
        "id": f"WH-{token()}-{token()}",
        "event_version": "1.0",
        "create_time": books.now(),
        "resource_type": resource_type,
        "event_type": event_type,
        "summary": f"Simulated: {event_type}",
        "resource": copy.deepcopy(resource),
        "links": [],
    }
    if resource_type in ("subscription", "plan") or "status" in resource:
        made["resource_version"] = "2.0"
    if resource_type == "dispute":
        # PayPal's disputes have a status and no version.
        made.pop("resource_version", None)
    for path, value in overrides.items():
        put(made, path, value)
    _make_true(books, made, overrides, subscription)
    return made


def _resource(books: Books, event_type: str, overrides: Mapping[str, Any]) -> tuple[str, Document]:
    """The type of the event's resource, and the resource before anything is overridden."""
    now, wanted = books.now(), str(overrides.get("resource.id") or "")
    if state := SALES.get(event_type):
        return "sale", _again(templates.sale(now, state), books.sales.get(wanted))
    if event_type in SALES_SENT_BACK:
        return "refund", templates.refund(now)
    if status := CAPTURES.get(event_type):
        return "capture", _again(templates.capture(now, status), books.captures.get(wanted))
    if status := CAPTURES_SENT_BACK.get(event_type):
        named = str(overrides.get("resource.capture_id") or token())
        return "refund", templates.capture_refund(now, status, named)
    if status := SUBSCRIPTIONS.get(event_type):
        known = books.subscriptions.get(wanted)
        changes = {"status": status, "status_update_time": now, "update_time": now}
        if known is not None:
            return "subscription", {**known, **changes}
        return "subscription", books.subscribe(**({"id": wanted} if wanted else {}), **changes)
    if status := PLANS.get(event_type):
        known = books.plans.get(wanted) or books.plan()
        return "plan", {**known, "status": status, "update_time": now}
    if event_type in DISPUTES:
        return "dispute", _dispute(books, event_type, overrides)
    if resource_type := OTHERS.get(event_type):
        status = event_type.rpartition(".")[2]
        times = {"create_time": now, "update_time": now}
        return resource_type, {"id": wanted or token(), "status": status, **times}
    return "invoices", _invoice(books, overrides)


def _make_true(
    books: Books,
    made: Document,
    overrides: Mapping[str, Any],
    subscription: Mapping[str, Any],
) -> None:
    event_type, resource = made["event_type"], made["resource"]
    if event_type in SALES:
        if "resource.transaction_fee" not in overrides:
            truth.charge_fee(resource)
        truth.sale(books, resource, subscription)
    elif event_type in SALES_SENT_BACK:
        truth.sent_back(books, resource, SALES_SENT_BACK[event_type], subscription)
    elif event_type in CAPTURES:
        if "resource.seller_receivable_breakdown" not in overrides:
            truth.charge_fee(resource)
        truth.capture(books, resource)
    elif event_type in CAPTURES_SENT_BACK:
        truth.capture_sent_back(books, resource)
    elif event_type in SUBSCRIPTIONS:
        books.subscriptions[resource["id"]] = copy.deepcopy(resource)
    elif event_type in PLANS:
        books.plans[resource["id"]] = copy.deepcopy(resource)
    elif event_type in DISPUTES:
        truth.dispute(books, resource)


def _again(fresh: Document, known: Document | None) -> Document:
    """What is known of it stays: a second event about it is no second payment."""
    return {**fresh, **{name: known[name] for name in _KEPT if known and name in known}}


def _dispute(books: Books, event_type: str, overrides: Mapping[str, Any]) -> Document:
    wanted = overrides.get("resource.dispute_id")
    known = books.disputes.get(str(wanted)) if wanted else None
    if known is None and not wanted and event_type not in DISPUTE_OPENED:
        unresolved = (one for one in books.disputes.values() if one.get("status") != "RESOLVED")
        known = next(reversed(list(unresolved)), None)
    if known is None:
        named = overrides.get("resource.disputed_transactions.0.seller_transaction_id")
        known = templates.dispute(books, truth.disputed(books, str(named) if named else None))
    dispute = {**copy.deepcopy(known), "update_time": books.now()}
    if event_type == "CUSTOMER.DISPUTE.RESOLVED":
        dispute |= templates.resolution(dispute)
    return dispute


def _invoice(books: Books, overrides: Mapping[str, Any]) -> Document:
    named = (overrides.get(f"resource.invoice.{one}") for one in ("id", "detail.invoice_number"))
    wanted = {one for one in named if one}
    for invoice in reversed(books.invoices.values()):
        number = shapes.text(invoice, "detail", "invoice_number")
        if not wanted or wanted & {invoice["id"], number}:
            return {"invoice": invoice}
    raise UnknownResource("there is no such invoice")
