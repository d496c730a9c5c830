"""Orders, as checkout_orders_v2 describes them."""

from __future__ import annotations

import copy
from decimal import Decimal

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.checkout.fields import CURRENCIES
from penstock_paypal.money.refund import sale as refunded
from penstock_paypal.simulator.billing import checks
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.plans import whole
from penstock_paypal.simulator.billing.pricing import number
from penstock_paypal.simulator.billing.repeatable import repeatable
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.checkout.captures import Captures
from penstock_paypal.simulator.checkout.contract import (
    Contract,
    Contracts,
    captures_of,
    unit,
)
from penstock_paypal.simulator.payments import found
from penstock_paypal.simulator.problems import Problem, body_of

APPROVAL = "/checkoutnow"
_ORDERS = "/v2/checkout/orders"
_ONE = f"{_ORDERS}/{{id}}"
_BRIEF = ("id", "status", "payment_source", "links")
_AMOUNT = "/purchase_units/@reference_id=='default'/amount"


class Orders:
    """The routes of orders."""

    def __init__(self, books: Books, contracts: Contracts, captures: Captures, news: News) -> None:
        self._books = books
        self._contracts = contracts
        self._captures = captures
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post(_ORDERS, self._create)
        app.router.add_get(_ONE, self._show)
        app.router.add_post(f"{_ONE}/capture", self._capture)

    async def _create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        _check(body)
        now, identity = self._books.now(), self._books.letters(17)
        source = shapes.at(body, "payment_source", "paypal")
        context = shapes.mapping(
            shapes.at(source, "experience_context") or body.get("application_context")
        )
        contract = Contract(str(request.url.origin()), self._books.clock(), dict(context))
        order: Document = {
            "id": identity,
            "intent": "CAPTURE",
            # With a payment source the buyer must act; without one the order is only created.
            "status": "CREATED" if source is None else "PAYER_ACTION_REQUIRED",
            "purchase_units": [
                {"reference_id": "default", **copy.deepcopy(body["purchase_units"][0])}
            ],
            "create_time": now,
            "update_time": now,
            "links": [
                {"href": f"{contract.base}{_ORDERS}/{identity}", "rel": "self", "method": "GET"},
                {
                    "href": f"{contract.base}{APPROVAL}?token={identity}",
                    "rel": "approve" if source is None else "payer-action",
                    "method": "GET",
                },
            ],
        }
        if source is not None:
            order["payment_source"] = {"paypal": {}}
        self._books.orders[identity] = order
        self._contracts.add(identity, contract)
        full = whole(request)
        status = 201 if source is None else 200
        return repeatable(lambda: self._shown(order) if full else _brief(order), status)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._shown(self._found(request)))

    async def _capture(self, request: web.Request) -> web.Response:
        order = self._found(request)
        contract = self._contracts.of(order)
        if contract is None or order["status"] == "COMPLETED":
            raise Problem(422, "ORDER_ALREADY_CAPTURED")
        if order["status"] == "VOIDED":
            raise Problem(422, "ORDER_EXPIRED")
        if order["status"] != "APPROVED":
            raise Problem(422, "ORDER_NOT_APPROVED")
        self._captures.take(order, contract)
        await self._news.send()
        return repeatable(lambda: self._shown(order))

    def _found(self, request: web.Request) -> Document:
        order = found(self._books.orders, request)
        if self._contracts.gone(order):
            raise Problem(404, "INVALID_RESOURCE_ID")
        return order

    def _shown(self, order: Document) -> Document:
        """The order with its captures and refunds as they are by now."""
        shown = copy.deepcopy(order)
        if self._contracts.of(order) is None or not captures_of(order):
            return shown
        ids = [one["id"] for one in captures_of(order)]
        captures = [copy.deepcopy(self._books.captures[one]) for one in ids]
        for capture in captures:
            # Shown by the capture itself, not by its order.
            capture.pop("supplementary_data", None)
        back = [one for one in self._books.refunds.values() if refunded(one) in ids]
        unit(shown)["payments"] = {
            "captures": captures,
            **({"refunds": copy.deepcopy(back)} if back else {}),
        }
        return shown


def _check(body: Document) -> None:
    """
    See that an order may be made of the request.

    Raises:
        Problem: it may not.
    """
    if body["intent"] != "CAPTURE":
        raise Problem(422, "UNSUPPORTED_INTENT", "/intent")
    if len(body["purchase_units"]) > 1:
        raise Problem(422, "MULTIPLE_PURCHASE_UNITS_NOT_SUPPORTED", "/purchase_units")
    amount = body["purchase_units"][0]["amount"]
    code, value = amount["currency_code"], number(amount["value"])
    if code not in CURRENCIES:
        raise Problem(422, "INVALID_CURRENCY_CODE", f"{_AMOUNT}/currency_code")
    if value <= 0:
        raise Problem(422, "CANNOT_BE_ZERO_OR_NEGATIVE", f"{_AMOUNT}/value")
    digits = 0 if code in shapes.WITHOUT_DECIMALS else 2
    if value != value.quantize(Decimal(1).scaleb(-digits)) or (
        not digits and "." in str(amount["value"])
    ):
        raise Problem(422, "DECIMAL_PRECISION", f"{_AMOUNT}/value")
    context = shapes.mapping(shapes.at(body, "payment_source", "paypal", "experience_context"))
    for name in ("return_url", "cancel_url"):
        if name in context:
            where = f"/payment_source/paypal/experience_context/{name}"
            checks.address(context[name], where)


def _brief(order: Document) -> Document:
    return {name: order[name] for name in _BRIEF if name in order}
