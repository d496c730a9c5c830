"""What people look at: the invoices, the mail they caused, a sale."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document

_STYLE = (
    "body{font:15px/1.5 system-ui;margin:2rem;max-width:70rem}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #ddd}"
    "pre{background:#f6f6f6;padding:1rem;overflow:auto}"
)


class Pages:
    """The pages, and the invoices as JSON for whoever tests."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get("/", self._invoices)
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
                one["recipient"] or "nobody",
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
        return _page(
            "Invoices at the simulated PayPal",
            _table(heads, rows) + "<h2>Mail</h2>" + _table(("At", "To", "Subject", "Note"), mails),
        )

    async def _sale(self, request: web.Request) -> web.Response:
        sale = self._books.sales.get(request.match_info["id"])
        if sale is None:
            raise web.HTTPNotFound(text="no such sale")
        return _page(f"Sale {sale['id']}", f"<pre>{escape(json.dumps(sale, indent=2))}</pre>")

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


def _page(title: str, content: str) -> web.Response:
    html = (
        f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{content}"
    )
    return web.Response(text=html, content_type="text/html")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>" if body else "<p>None yet.</p>"
