"""What an event concerns, for the person who had it sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.money.refund import sale as sale_of
from penstock_paypal.simulator.books import Books
from penstock_paypal.webhooks.notification import entity


def concerns(books: Books, gateway: str, event: Mapping[str, Any]) -> list[dict[str, str]]:
    """
    What the event is about, each with its `kind` and `id`; the most particular first.

    A `payment` has our id, everything else PayPal's. A payment is last.

    Args:
        gateway: what the platform calls this account.
    """
    return [
        {"kind": kind, "id": entity(gateway, identity) if kind == "payment" else identity}
        for kind, identity in _parts(books, event)
    ]


def _parts(books: Books, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    event_type = shapes.text(event, "event_type") or ""
    resource = shapes.mapping(event.get("resource"))
    identity = shapes.text(resource, "id")
    if ".DISPUTE." in event_type:
        if dispute := shapes.text(resource, "dispute_id"):
            yield "dispute", dispute
        for one in shapes.sequence(resource.get("disputed_transactions")):
            if paid := shapes.identity(one, "seller_transaction_id"):
                yield "payment", paid
    elif event_type.startswith("INVOICING."):
        invoice = shapes.mapping(resource.get("invoice")) or resource
        if known := shapes.text(invoice, "id"):
            yield "invoice", known
        # Our invoices name the sale as their reference.
        if paid := shapes.identity(invoice, "detail", "reference"):
            yield "payment", paid
    elif event_type.startswith(("PAYMENT.SALE.", "PAYMENT.CAPTURE.", "PAYMENT.REFUND.")):
        yield from _money(books, event_type, resource)
    elif identity:
        yield shapes.text(event, "resource_type") or "resource", identity


def _money(
    books: Books, event_type: str, resource: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    identity = shapes.identity(resource, "id")
    if event_type.endswith((".REFUNDED", ".REVERSED")) or ".REFUND." in event_type:
        if identity:
            yield "refund", identity
        # Where the webhook does not name the sale, the API does.
        paid = sale_of(resource) or sale_of(books.refunds.get(identity or "", {}))
        if paid:
            yield "payment", paid
    elif identity:
        yield "payment", identity
