"""What people look at: what happened, the webhooks, the invoices and their mail, a sale."""

from __future__ import annotations

import json
from html import escape

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.layout import page, table
from penstock_paypal.simulator.notifications.archive import Kept
from penstock_paypal.simulator.notifications.deliveries import Deliveries
from penstock_paypal.simulator.notifications.registry import Registry

_SHOWN = 50
"""Events that the overview lists, the newest first."""


class Pages:
    """The pages, and the invoices as JSON for tests."""

    def __init__(self, books: Books, registry: Registry, deliveries: Deliveries) -> None:
        self._books = books
        self._registry = registry
        self._deliveries = deliveries

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get("/", self._overview)
        app.router.add_get("/invoices", self._invoices)
        app.router.add_get("/activity/payment/{id}", self._sale)
        app.router.add_get("/_simulator/invoices", self._as_json)
        app.router.add_get("/_simulator/mailed", self._mailed)

    async def _as_json(self, _: web.Request) -> web.Response:
        return web.json_response([self._summary(one) for one in self._books.invoices.values()])

    async def _mailed(self, _: web.Request) -> web.Response:
        return web.json_response(self._books.mailed)

    async def _invoices(self, _: web.Request) -> web.Response:
        invoices = [self._summary(one) for one in self._books.invoices.values()]
        rows = (
            (
                one["number"],
                one["status"],
                f"{one['amount']['value']} {one['amount']['currency_code']}",
                one["recipient"] or "none",
                f"{one['mailed']} x",
                ", ".join(payment["payment_id"] for payment in one["payments"]),
                one["note"] or "",
            )
            for one in invoices
        )
        heads = ("Number", "Status", "Amount", "Recipient", "Mailed", "Payments", "Note")
        mails = (
            (mail["at"], mail["to"] or "", mail["subject"] or "", mail["note"] or "")
            for mail in self._books.mailed
        )
        return page(
            "Invoices at the simulated PayPal",
            table("Invoices", heads, rows) + table("Mail", ("At", "To", "Subject", "Note"), mails),
        )

    async def _overview(self, _: web.Request) -> web.Response:
        webhooks = (
            (one.id, one.url, ", ".join(one.event_types))
            for one in self._registry.webhooks.values()
        )
        newest = self._deliveries.archive.between(None, None)[:_SHOWN]
        events = ((_text(one.event, "id"), *_told(one)) for one in newest)
        heads = ("Event", "At", "What happened", "Delivery")
        return page(
            "The simulated PayPal",
            f"<p>Its time is {escape(self._books.now())}.</p>"
            + table("Webhooks", ("Webhook", "Address", "Events"), webhooks)
            + table("Newest events", heads, events),
        )

    async def _sale(self, request: web.Request) -> web.Response:
        sale = self._books.sales.get(request.match_info["id"])
        if sale is None:
            raise web.HTTPNotFound(text="no such sale")
        return page(
            f"Sale {sale['id']}", f"<pre tabindex=0>{escape(json.dumps(sale, indent=2))}</pre>"
        )

    def _summary(self, invoice: Document) -> Document:
        recipients = shapes.sequence(invoice.get("primary_recipients"))
        return {
            "id": invoice["id"],
            "number": invoice["detail"]["invoice_number"],
            "status": invoice["status"],
            "amount": invoice["amount"],
            "sale": invoice["detail"].get("reference"),
            "note": invoice["detail"].get("note"),
            "recipient": next(
                (shapes.text(one, "billing_info", "email_address") for one in recipients), None
            ),
            "mailed": self._books.mails_of(invoice["id"]),
            "payments": list(shapes.sequence(shapes.at(invoice, "payments", "transactions"))),
        }


def _told(kept: Kept) -> tuple[str, str, str]:
    delivered = ", ".join(
        f"{one.status}, attempts: {len(one.attempts)}" for one in kept.transmissions
    )
    return (_text(kept.event, "create_time"), _text(kept.event, "event_type"), delivered or "none")


def _text(event: Document, name: str) -> str:
    return shapes.text(event, name) or "unknown"
