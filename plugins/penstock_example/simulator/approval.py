"""The pages of the simulated Example gateway on which a person approves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from penstock.api import BillingCycle
from penstock_example.simulator.checkouts import Checkouts
from penstock_example.simulator.checkouts import Held as Payable
from penstock_example.simulator.desk import Desk
from penstock_example.simulator.held import Held

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


@dataclass(slots=True)
class Approval:
    """The approval pages and what their buttons do."""

    desk: Desk
    checkouts: Checkouts

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/approve/{token}", self._page)
        app.router.add_post("/approve/{token}", self._decide)
        app.router.add_get("/checkout/{token}", self._pay_page)
        app.router.add_post("/checkout/{token}", self._pay)

    async def _page(self, request: web.Request) -> web.Response:
        one = self.desk.waiting(request.match_info["token"])
        return _rendered(one) if one else _gone()

    async def _decide(self, request: web.Request) -> web.Response:
        one = self.desk.waiting(request.match_info["token"])
        if one is None:
            return _gone()
        given = await request.post()
        back = one.cancel_url
        if given.get("decision") == "approve":
            back = one.return_url
            self.desk.approve(one)
        separator = "&" if "?" in back else "?"
        location = f"{back}{separator}{urlencode({'subscription_id': one.id})}"
        return web.Response(status=303, headers={**_HEADERS, "Location": location})

    async def _pay_page(self, request: web.Request) -> web.Response:
        one = self.checkouts.waiting(request.match_info["token"])
        return _payable(one) if one else _gone()

    async def _pay(self, request: web.Request) -> web.Response:
        one = self.checkouts.waiting(request.match_info["token"])
        if one is None:
            return _gone()
        decision = (await request.post()).get("decision")
        back = one.request["cancel_url" if decision == "cancel" else "return_url"]
        if decision != "cancel":
            self.checkouts.approve(one, declines=decision == "decline")
        return web.Response(status=303, headers={**_HEADERS, "Location": back})


def _payable(one: Payable) -> web.Response:
    asked, minor = one.request, one.request["minor"]
    page = (
        _templates()
        .get_template("pay.html")
        .render(
            brand=asked.get("brand") or "the merchant",
            what=asked.get("description") or "Your order",
            price=f"{minor // 100}.{minor % 100:02} {asked['currency']}",
        )
    )
    return web.Response(text=page, content_type="text/html", headers=_HEADERS)


def _rendered(one: Held) -> web.Response:
    plan = one.moving_to or one.plan
    cycles = [cycle for cycle in plan.cycles if not (one.moving_to and cycle.trial)]
    page = _templates().get_template("approve.html")
    text = page.render(
        brand=one.request.get("brand") or "the merchant",
        plan=plan.name,
        moving=one.moving_to is not None,
        prices=[_price(cycle) for cycle in cycles],
    )
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)


def _gone() -> web.Response:
    page = _templates().get_template("gone.html").render()
    return web.Response(status=404, text=page, content_type="text/html", headers=_HEADERS)


def _price(cycle: BillingCycle) -> str:
    count, unit = cycle.interval.count, cycle.interval.unit.value
    span = f"{count} {unit}s" if count > 1 else unit
    if cycle.free:
        return f"{span}, free"
    price = cycle.price
    amount = f"{price.minor // 100}.{price.minor % 100:02} {price.currency}" if price else "?"
    return f"{amount} every {span}"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("penstock_example.simulator"), autoescape=select_autoescape()
    )
