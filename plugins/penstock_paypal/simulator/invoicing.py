"""Invoices: made, shown, searched, sent, paid, refunds recorded on them."""

from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.credentials import token
from penstock_paypal.simulator.numbered import Numbers
from penstock_paypal.simulator.problems import Problem, body_of, optional_body_of

_INVOICES = "/v2/invoicing/invoices"
_INVOICE = f"{_INVOICES}/{{id}}"
_PAYABLE = frozenset({"SENT", "PARTIALLY_PAID", "UNPAID"})
_MERCHANT = timezone(timedelta(hours=-8))
"""The merchant's zone, whose day PayPal fills in where no date is told: not UTC's day."""
_REFUNDABLE = frozenset({"PAID", "MARKED_AS_PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED"})
_DELETED = frozenset({"DRAFT", "SCHEDULED"})
_NOT_CANCELLED = {
    "DRAFT": "CANNOT_CANCEL_DRAFT_INVOICE",
    "SCHEDULED": "CANNOT_CANCEL_SCHEDULED_INVOICE",
    "CANCELLED": "INVOICE_CANCELED_ALREADY",
    **dict.fromkeys(("PAID", "MARKED_AS_PAID", "PARTIALLY_PAID"), "CANNOT_CANCEL_PAID_INVOICE"),
    **dict.fromkeys(("REFUNDED", "PARTIALLY_REFUNDED"), "CANNOT_CANCEL_REFUNDED_INVOICE"),
}
_METHODS = frozenset(
    {
        "BANK_TRANSFER",
        "CASH",
        "CHECK",
        "CREDIT_CARD",
        "DEBIT_CARD",
        "PAYPAL",
        "WIRE_TRANSFER",
        "OTHER",
    }
)


class Invoicing:
    """The routes of invoices, and of the buyer who pays one."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._numbers = Numbers(books)
        self._next_number = 1

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post("/v2/invoicing/generate-next-invoice-number", self._number)
        app.router.add_post(_INVOICES, self._create)
        app.router.add_get(_INVOICES, self._list)
        app.router.add_post("/v2/invoicing/search-invoices", self._search)
        app.router.add_get(_INVOICE, self._show)
        app.router.add_delete(_INVOICE, self._delete)
        app.router.add_post(f"{_INVOICE}/send", self._send)
        app.router.add_post(f"{_INVOICE}/cancel", self._cancel)
        app.router.add_post(f"{_INVOICE}/payments", self._record)
        app.router.add_post(f"{_INVOICE}/refunds", self._refund)
        app.router.add_delete(f"{_INVOICE}/refunds/{{refund}}", self._delete_refund)
        app.router.add_post("/_simulator/invoices/{id}/pay", self._pay)
        app.router.add_put("/_simulator/unique-invoice-numbers", self._be_strict)

    async def _number(self, _: web.Request) -> web.Response:
        number, self._next_number = f"{self._next_number:04d}", self._next_number + 1
        return web.json_response({"invoice_number": number})

    async def _create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        detail = shapes.mapping(body.get("detail"))
        currency = shapes.text(detail, "currency_code")
        if currency is None:
            raise Problem(400, "MISSING_REQUIRED_PARAMETER", "/detail/currency_code")
        number = shapes.text(detail, "invoice_number") or token(8)
        if len(number) > 25:
            raise Problem(400, "INVALID_STRING_MAX_LENGTH", "/detail/invoice_number")
        if self._books.unique_numbers and self._numbers.taken(number):
            raise Problem(422, "DUPLICATE_INVOICE_NUMBER", "/detail/invoice_number")
        lines = shapes.sequence(body.get("items"))
        inclusive = shapes.at(body, "configuration", "tax_inclusive") is True
        total = sum((_line(item, currency, inclusive) for item in lines), Decimal())
        invoice: Document = {
            **body,
            "id": "-".join(("INV2", *(token(4) for _ in range(4)))),
            "status": "DRAFT",
            "detail": {
                "invoice_date": self._today(),
                **detail,
                "invoice_number": number,
                "metadata": {"create_time": self._books.now()},
            },
            "amount": _money(total, currency),
            "due_amount": _money(total, currency),
        }
        self._books.invoices[invoice["id"]] = invoice
        self._numbers.add(invoice)
        link = {"rel": "self", "href": f"{request.url}/{invoice['id']}", "method": "GET"}
        whole = "return=representation" in request.headers.get("Prefer", "")
        return web.json_response(invoice if whole else link, status=201)

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response({"items": [_brief(one) for one in self._books.invoices.values()]})

    async def _search(self, request: web.Request) -> web.Response:
        number = str((await body_of(request)).get("invoice_number") or "")
        # In part, as a search may: a caller that looks for one number must compare it.
        matching = self._numbers.beginning(number)[_page(request)]
        return web.json_response({"items": [_brief(one) for one in matching]})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._found(request))

    async def _delete(self, request: web.Request) -> web.Response:
        invoice = self._found(request)
        if invoice["status"] not in _DELETED:
            # PayPal's specification names no issue for it.
            raise Problem(422, "CANNOT_DELETE_INVOICE")
        del self._books.invoices[invoice["id"]]
        return web.Response(status=204)

    async def _send(self, request: web.Request) -> web.Response:
        invoice = self._found(request)
        body = await optional_body_of(request)
        if invoice["status"] == "CANCELLED":
            raise Problem(422, "INVOICE_CANCELED_ALREADY")
        if invoice["status"] == "DRAFT":
            if not invoice.get("items"):
                raise Problem(422, "MISSING_REQUIRED_PARAMETER", "/items")
            invoice["status"] = "SENT"
            invoice["detail"]["metadata"]["first_sent_time"] = self._books.now()
            self._mail(invoice, body)
        link = {"rel": "payer-view", "href": f"{request.url.origin()}/invoices", "method": "GET"}
        return web.json_response(link)

    def _mail(self, invoice: Document, body: Document) -> None:
        if body.get("send_to_recipient", True) is False:
            return
        for recipient in shapes.sequence(invoice.get("primary_recipients")):
            self._books.mailed.append(
                {
                    "invoice_id": invoice["id"],
                    "to": shapes.text(recipient, "billing_info", "email_address"),
                    "subject": body.get("subject"),
                    "note": body.get("note"),
                    "at": self._books.now(),
                }
            )

    async def _cancel(self, request: web.Request) -> web.Response:
        invoice = self._found(request)
        # The issues of invoicing_v2's invoices.cancel-422.
        if issue := _NOT_CANCELLED.get(invoice["status"]):
            raise Problem(422, issue)
        invoice["status"] = "CANCELLED"
        self._mail(invoice, await optional_body_of(request))
        return web.Response(status=204)

    async def _record(self, request: web.Request) -> web.Response:
        invoice, body = self._found(request), await body_of(request)
        if body.get("method") not in _METHODS:
            raise Problem(400, "INVALID_PARAMETER_VALUE", "/method")
        if len(str(body.get("payment_id") or "")) > 22:
            raise Problem(400, "INVALID_STRING_MAX_LENGTH", "/payment_id")
        if invoice["status"] not in _PAYABLE:
            raise Problem(422, "CANNOT_PROCESS_PAYMENTS")
        due = Decimal(invoice["due_amount"]["value"])
        amount = _decimal(shapes.text(body, "amount", "value") or due)
        if amount > due:
            raise Problem(422, "PAYMENT_AMOUNT_GREATER_THAN_AMOUNT_DUE", "/amount")
        payment_id = body.get("payment_id") or f"EXTR-{token()}"
        recorded = {"payment_date": self._today(), **body, "payment_id": payment_id}
        _settle(invoice, amount, {**recorded, "type": "EXTERNAL"})
        return web.json_response({"payment_id": payment_id})

    async def _refund(self, request: web.Request) -> web.Response:
        invoice, body = self._found(request), await body_of(request)
        # The issues of invoicing_v2's invoices.refunds-400 and -422.
        if body.get("method") not in _METHODS:
            raise Problem(400, "INVALID_REFUND_METHOD", "/method")
        if invoice["status"] not in _REFUNDABLE:
            raise Problem(422, "CANNOT_PROCESS_REFUNDS")
        paid = _decimal(shapes.text(invoice, "payments", "paid_amount", "value") or 0)
        gone = _decimal(shapes.text(invoice, "refunds", "refund_amount", "value") or 0)
        amount = _decimal(shapes.text(body, "amount", "value") or paid)
        if not amount:
            raise Problem(400, "VALUE_CANNOT_BE_ZERO", "/amount")
        if amount > paid - gone:
            raise Problem(422, "INVALID_REFUND_AMOUNT", "/amount")
        refund = {
            "refund_date": self._today(),
            **body,
            "refund_id": f"EXTR-{token()}",
            "type": "EXTERNAL",
            "amount": _money(amount, invoice["amount"]["currency_code"]),
        }
        listed = shapes.sequence(shapes.at(invoice, "refunds", "transactions"))
        _refunded(invoice, [*listed, refund])
        return web.json_response({"refund_id": refund["refund_id"]})

    async def _delete_refund(self, request: web.Request) -> web.Response:
        invoice, identity = self._found(request), request.match_info["refund"]
        listed = shapes.sequence(shapes.at(invoice, "refunds", "transactions"))
        left = [one for one in listed if one["refund_id"] != identity]
        if len(left) == len(listed):
            raise Problem(404, "INVALID_RESOURCE_ID")
        _refunded(invoice, left)
        return web.Response(status=204)

    async def _pay(self, request: web.Request) -> web.Response:
        """The buyer pays by PayPal, whatever was recorded: so an invoice is paid twice."""
        invoice = self._found(request)
        amount = Decimal(invoice["amount"]["value"])
        payment = {"payment_id": token(), "payment_date": self._today(), "method": "PAYPAL"}
        _settle(invoice, amount, {**payment, "type": "PAYPAL", "transaction_status": "SUCCESS"})
        return web.json_response(invoice)

    async def _be_strict(self, request: web.Request) -> web.Response:
        """Refuse a number that is taken, or stop refusing it: the body is true or false."""
        self._books.unique_numbers = await request.json() is True
        return web.Response(status=204)

    def _today(self) -> str:
        return self._books.clock().astimezone(_MERCHANT).strftime("%Y-%m-%d")

    def _found(self, request: web.Request) -> Document:
        try:
            return self._books.invoices[request.match_info["id"]]
        except KeyError as exc:
            raise Problem(404, "INVALID_RESOURCE_ID") from exc


def _page(request: web.Request) -> slice:
    """Which of the invoices a search shows: by default the first 20, at most 100."""
    page, size = (
        int(found) if (found := request.query.get(name, "")).isdecimal() else usual
        for name, usual in (("page", 1), ("page_size", 20))
    )
    size = min(size, 100)
    return slice((page - 1) * size, page * size)


def _settle(invoice: Document, amount: Decimal, payment: Document) -> None:
    currency = invoice["amount"]["currency_code"]
    payments = invoice.setdefault("payments", {"transactions": []})
    payments["transactions"].append({**payment, "amount": _money(amount, currency)})
    paid = sum((Decimal(one["amount"]["value"]) for one in payments["transactions"]), Decimal())
    due = max(Decimal(), Decimal(invoice["amount"]["value"]) - paid)
    payments["paid_amount"] = _money(paid, currency)
    invoice["due_amount"] = _money(due, currency)
    invoice["status"] = "PARTIALLY_PAID" if due else "PAID"


def _refunded(invoice: Document, refunds: list[Document]) -> None:
    currency = invoice["amount"]["currency_code"]
    gone = sum((Decimal(one["amount"]["value"]) for one in refunds), Decimal())
    paid = Decimal(invoice["payments"]["paid_amount"]["value"])
    invoice["refunds"] = {"refund_amount": _money(gone, currency), "transactions": refunds}
    whole, due = gone >= paid, Decimal(invoice["due_amount"]["value"])
    unrefunded = "PARTIALLY_PAID" if due else "PAID"
    refunded = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
    invoice["status"] = refunded if refunds else unrefunded


def _line(item: Any, currency: str, inclusive: bool) -> Decimal:
    name, quantity = shapes.text(item, "name"), shapes.text(item, "quantity")
    if name is None or len(name) > 200 or quantity is None:
        raise Problem(400, "MISSING_REQUIRED_PARAMETER", "/items")
    if shapes.text(item, "unit_amount", "currency_code") != currency:
        raise Problem(422, "CURRENCY_MISMATCH", "/items")
    value = shapes.text(item, "unit_amount", "value") or ""
    if currency in shapes.WITHOUT_DECIMALS and "." in value:
        raise Problem(422, "DECIMALS_NOT_SUPPORTED", "/items")
    net = _decimal(value) * _decimal(quantity)
    percent = _decimal(shapes.text(item, "tax", "percent") or 0)
    return net if inclusive else net + net * percent / 100


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as exc:
        raise Problem(400, "INVALID_PARAMETER_SYNTAX") from exc


def _money(value: Decimal, currency: str) -> dict[str, str]:
    places = "1" if currency in shapes.WITHOUT_DECIMALS else "0.01"
    return {"currency_code": currency, "value": str(value.quantize(Decimal(places)))}


def _brief(invoice: Document) -> Document:
    """An invoice as lists show it: without its payments and refunds."""
    left_out = ("payments", "refunds")
    return {name: value for name, value in invoice.items() if name not in left_out}
