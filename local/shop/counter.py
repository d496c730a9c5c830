"""The shop's pages; they work without scripts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from local.shop.client import BOOK, FIELDS, Backend, NotOpened

SELLERS = ("paypal", "example")
"""The gateways that the simulators play and that have a checkout."""
_CLOSED = "The plans cannot be shown right now. Please try again in a moment."


class Counter:
    """The handlers of the shop's pages."""

    def __init__(
        self, backend: Backend, gateways: Collection[str], sellers: Collection[str]
    ) -> None:
        self._backend = backend
        self._sellers = sellers
        # A browser refuses a form's redirect, too, unless its target is named.
        origins = sorted({f"{one.scheme}://{one.netloc}" for one in map(urlsplit, gateways)})
        self._policy = "; ".join(
            [
                "default-src 'none'",
                "style-src 'unsafe-inline'",
                " ".join(["form-action 'self'", *origins]),
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ]
        )
        self._templates = Environment(
            loader=PackageLoader("local.shop"), autoescape=True, undefined=StrictUndefined
        )
        self._templates.filters |= {"price": price, "called": called, "amount": amount}

    async def plans(self, request: web.Request) -> web.Response:
        """The plans, as cards."""
        try:
            found = await self._backend.plans()
        except aiohttp.ClientError:
            return self._page("plans.html", 503, plans=[], closed=_CLOSED)
        return self._page("plans.html", plans=found, closed="")

    async def form(self, request: web.Request) -> web.Response:
        """The form of one plan."""
        plan = await self._plan(request)
        return self._form(plan, {"key": str(uuid.uuid4())})

    async def subscribe(self, request: web.Request) -> web.Response:
        """Open the subscription, or show the form again with what is wrong."""
        sent = await request.post()
        given = {name: str(sent.get(name, "")).strip() for name in (*FIELDS, "key")}
        provider, plan = request.match_info["provider"], request.match_info["plan"]
        try:
            approval = await self._backend.open(given["key"], provider, plan, given)
        except NotOpened as exc:
            # The key belongs to what was sent; what is sent next is another request.
            again = {**given, "key": str(uuid.uuid4())}
            return self._form(await self._plan(request), again, exc.detail, exc.fields, 422)
        except aiohttp.ClientError:
            plan_shown = await self._plan(request)
            return self._form(plan_shown, given, "No answer. Please send it again.", {}, 503)
        return web.Response(status=303, headers={**self._headers(), "Location": approval})

    async def book(self, request: web.Request) -> web.Response:
        """The one thing that is sold once."""
        return self._book(str(uuid.uuid4()))

    async def buy(self, request: web.Request) -> web.Response:
        """Open the book's payment, or show its page again with what is wrong."""
        sent = await request.post()
        key, provider = str(sent.get("key", "")), str(sent.get("provider", ""))
        try:
            approval = await self._backend.buy(key, provider)
        except NotOpened as exc:
            return self._book(str(uuid.uuid4()), exc.detail, 422)
        except aiohttp.ClientError:
            return self._book(key, "No answer. Please send it again.", 503)
        return web.Response(status=303, headers={**self._headers(), "Location": approval})

    def _book(self, key: str, wrong: str = "", status: int = 200) -> web.Response:
        what = {"book": BOOK, "sellers": self._sellers, "key": key, "wrong": wrong}
        return self._page("book.html", status, **what)

    async def _plan(self, request: web.Request) -> Mapping[str, Any]:
        wanted = (request.match_info["provider"], request.match_info["plan"])
        try:
            found = await self._backend.plans()
        except aiohttp.ClientError:
            raise web.HTTPServiceUnavailable(text=_CLOSED) from None
        for plan in found:
            if (plan["provider"], plan["id"]) == wanted:
                return plan
        raise web.HTTPNotFound(text="There is no such plan.")

    def _form(
        self,
        plan: Mapping[str, Any],
        given: Mapping[str, str],
        wrong: str = "",
        fields: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        shown = {name: given.get(name, "") for name in FIELDS}
        values = {"plan": plan, "given": shown, "key": given["key"]}
        return self._page("form.html", status, **values, wrong=wrong, fields=fields or {})

    def _page(self, name: str, status: int = 200, **values: Any) -> web.Response:
        html = self._templates.get_template(name).render(values)
        headers = self._headers()
        return web.Response(status=status, text=html, content_type="text/html", headers=headers)

    def _headers(self) -> Mapping[str, str]:
        return {
            "Content-Security-Policy": self._policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


def called(provider: str) -> str:
    """A gateway's name as people write it."""
    return {"paypal": "PayPal"}.get(provider, provider.capitalize())


def amount(order: Mapping[str, Any]) -> str:
    """An order's amount as people write it: "12.50 USD"."""
    return f"{order['amount'] // 100}.{order['amount'] % 100:02} {order['currency']}"


def price(cycle: Mapping[str, Any]) -> str:
    """A billing cycle in words: "12.50 USD a month", "free for 7 days"."""
    unit, count = cycle["interval"]["unit"], cycle["interval"]["count"]
    money = cycle.get("price")
    if cycle["trial"]:
        length = count * (cycle["cycles"] or 1)
        lasts = f"for {length} {unit}{'s' if length > 1 else ''}"
        free = money is not None and money["minor"] == 0
        return f"free {lasts}" if free else f"{_amount(money)} {lasts}"
    every = f"a {unit}" if count == 1 else f"every {count} {unit}s"
    return f"{_amount(money)} {every}"


def _amount(money: Mapping[str, Any] | None) -> str:
    return f"{money['value']} {money['currency']}" if money else "price on approval"
