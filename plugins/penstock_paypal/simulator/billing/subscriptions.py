"""Subscriptions, as billing_subscriptions_v1 describes them."""

from __future__ import annotations

import copy
from typing import Any

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.billing import checks, patches, requests
from penstock_paypal.simulator.billing.charges import Charges, outstanding
from penstock_paypal.simulator.billing.contract import Contracts
from penstock_paypal.simulator.billing.lifecycle import Lifecycle, require
from penstock_paypal.simulator.billing.links import approve, links
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.pages import paged
from penstock_paypal.simulator.billing.plans import whole
from penstock_paypal.simulator.billing.pricing import currency, number
from penstock_paypal.simulator.billing.repeatable import repeatable
from penstock_paypal.simulator.billing.transactions import transaction, transactions
from penstock_paypal.simulator.books import Books, Document, written
from penstock_paypal.simulator.payments import found
from penstock_paypal.simulator.problems import Problem, body_of, optional_body_of

_SUBSCRIPTIONS = "/v1/billing/subscriptions"
_ONE = f"{_SUBSCRIPTIONS}/{{id}}"
_BRIEF = ("id", "status", "create_time", "links")
_REVISED = ("plan_id", "quantity", "shipping_amount", "plan")
_OUTSTANDING = "/billing_info/outstanding_balance"
_PATCHED = frozenset({"/custom_id", "/shipping_amount", _OUTSTANDING})


class Subscriptions:
    """The routes of subscriptions."""

    def __init__(
        self,
        books: Books,
        contracts: Contracts,
        charges: Charges,
        lifecycle: Lifecycle,
        news: News,
    ) -> None:
        self._books = books
        self._contracts = contracts
        self._charges = charges
        self._lifecycle = lifecycle
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post(_SUBSCRIPTIONS, self._create)
        app.router.add_get(_SUBSCRIPTIONS, self._list)
        app.router.add_get(_ONE, self._show)
        app.router.add_patch(_ONE, self._patch)
        # A route each: the request's schema goes by the route.
        for step in ("cancel", "suspend", "activate"):
            app.router.add_post(f"{_ONE}/{step}", self._step)
        app.router.add_post(f"{_ONE}/revise", self._revise)
        app.router.add_post(f"{_ONE}/capture", self._capture)
        app.router.add_get(f"{_ONE}/transactions", self._transactions)

    async def _list(self, request: web.Request) -> web.Response:
        """The newest first, as PayPal's Python SDK 2.4.0 has it; the specification does not."""
        held = [_brief(one) for one in reversed(self._books.subscriptions.values())]
        return web.json_response(paged("subscriptions", held, request))

    async def _create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        requests.creation(body, self._books)
        subscription = self._made(body)
        contract = self._contracts.of(subscription)
        contract.base = str(request.url.origin())
        contract.context = dict(shapes.mapping(body.get("application_context")))
        contract.override = copy.deepcopy(dict(shapes.mapping(body.get("plan"))))
        contract.token = f"BA-{self._books.letters(17)}"
        subscription["links"] = links(subscription, contract)
        self._charges.tell("BILLING.SUBSCRIPTION.CREATED", subscription)
        await self._news.send()
        full = whole(request)
        return repeatable(lambda: subscription if full else _brief(subscription))

    def _made(self, body: Document) -> Document:
        """The new subscription, with the subscriber that the request names, if any."""
        now = self._books.clock()
        start = shapes.moment(body, "start_time") or now
        taken = ("custom_id", "shipping_amount", "quantity", "subscriber")
        subscription = self._books.subscribe(
            status="APPROVAL_PENDING",
            plan_id=body["plan_id"],
            start_time=written(start),
            plan_overridden=bool(body.get("plan")),
            **{name: copy.deepcopy(body[name]) for name in taken if name in body},
        )
        if "subscriber" not in body:
            del subscription["subscriber"]
        return subscription

    async def _show(self, request: web.Request) -> web.Response:
        """Show it; its plan and its last failed payment only where `fields` asks for them."""
        subscription = copy.deepcopy(found(self._books.subscriptions, request))
        fields = request.query.get("fields", "").split(",")
        if "last_failed_payment" not in fields and "billing_info" in subscription:
            subscription["billing_info"].pop("last_failed_payment", None)
        plan = self._contracts.plan(subscription)
        if "plan" in fields and "id" in plan:
            hidden = ("id", "create_time", "update_time", "links")
            subscription["plan"] = {
                name: value for name, value in plan.items() if name not in hidden
            }
        return web.json_response(subscription)

    async def _patch(self, request: web.Request) -> web.Response:
        subscription = found(self._books.subscriptions, request)
        asked = await patches.operations(request, _PATCHED)
        require(subscription, "ACTIVE", "SUSPENDED", "APPROVAL_PENDING")
        for one in asked:
            value: Any = one.get("value")
            if one["path"] == "/custom_id":
                checks.reference(value, one["path"])
                continue
            checks.money(value, one["path"])
            if one["path"] == _OUTSTANDING and number(shapes.at(value, "value")) > outstanding(
                subscription
            ):
                raise Problem(422, "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE", _OUTSTANDING)
        patches.apply(subscription, asked, self._books.now())
        self._charges.tell("BILLING.SUBSCRIPTION.UPDATED", subscription)
        await self._news.send()
        return web.Response(status=204)

    async def _step(self, request: web.Request) -> web.Response:
        """Cancel, suspend or activate it; an approved one is activated without a reason."""
        subscription, step = (
            found(self._books.subscriptions, request),
            request.path.rpartition("/")[2],
        )
        body = await optional_body_of(request)
        free = step == "activate" and subscription["status"] == "APPROVED"
        reason = body.get("reason") if free else checks.present(body, "/reason")
        if step == "cancel":
            self._lifecycle.cancel(subscription, reason)
        elif step == "suspend":
            self._lifecycle.suspend(subscription, reason)
        else:
            self._lifecycle.activate(subscription, reason)
        await self._news.send()
        return web.Response(status=204)

    async def _revise(self, request: web.Request) -> web.Response:
        """Ask for a change; it takes effect at the next cycle once the buyer approved it."""
        subscription, body = found(self._books.subscriptions, request), await body_of(request)
        requests.revision(body, subscription, self._books)
        require(subscription, "ACTIVE", "SUSPENDED")
        contract = self._contracts.of(subscription)
        contract.base = contract.base or str(request.url.origin())
        contract.context = (
            dict(shapes.mapping(body.get("application_context"))) or contract.context
        )
        contract.revision = {name: copy.deepcopy(body[name]) for name in _REVISED if name in body}
        contract.token = f"BA-{self._books.letters(17)}"
        answer = {
            "plan_id": subscription["plan_id"],
            **contract.revision,
            "plan_overridden": "plan" in body,
            "links": [approve(contract), *links(subscription, contract)],
        }
        return web.json_response(answer)

    async def _capture(self, request: web.Request) -> web.Response:
        subscription, body = found(self._books.subscriptions, request), await body_of(request)
        require(subscription, "ACTIVE", "SUSPENDED", "EXPIRED")
        owed, amount = outstanding(subscription), number(body["amount"]["value"])
        if not owed:
            raise Problem(422, "ZERO_OUTSTANDING_BALANCE")
        if body["amount"]["currency_code"] != currency(self._contracts.plan(subscription)):
            raise Problem(422, "CURRENCY_MISMATCH", "/amount/currency_code")
        if amount > owed:
            raise Problem(422, "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE", "/amount/value")
        if amount <= 0:
            raise Problem(400, "INVALID_PARAMETER_VALUE", "/amount/value")
        made = self._charges.capture(subscription, amount)
        await self._news.send()
        shown = transaction(made, subscription)
        status = 202 if shown["status"] == "PENDING" else 200
        return repeatable(lambda: transaction(made, subscription), status)

    async def _transactions(self, request: web.Request) -> web.Response:
        subscription = found(self._books.subscriptions, request)
        start, end = requests.period(request.query)
        refused = self._contracts.of(subscription).refused
        shown = transactions(self._books, subscription, refused, start, end)
        href = str(request.url)
        return web.json_response(
            {
                "transactions": shown,
                "total_items": len(shown),
                "total_pages": 1,
                "links": [{"href": href, "rel": "self", "method": "GET"}],
            }
        )


def _brief(subscription: Document) -> Document:
    return {name: subscription[name] for name in _BRIEF if name in subscription}
