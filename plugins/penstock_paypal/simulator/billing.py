"""Plans and subscriptions."""

from __future__ import annotations

from aiohttp import web

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.payments import found
from penstock_paypal.simulator.problems import Problem, body_of

_PLANS = "/v1/billing/plans"
_SUBSCRIPTIONS = "/v1/billing/subscriptions"


class Billing:
    """The routes of plans and subscriptions."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get(_PLANS, self._list_plans)
        app.router.add_post(_PLANS, self._create_plan)
        app.router.add_get(f"{_PLANS}/{{id}}", self._show_plan)
        app.router.add_post(_SUBSCRIPTIONS, self._subscribe)
        app.router.add_get(f"{_SUBSCRIPTIONS}/{{id}}", self._show_subscription)

    async def _list_plans(self, _: web.Request) -> web.Response:
        return web.json_response({"plans": list(self._books.plans.values()), "links": []})

    async def _create_plan(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        for name in ("product_id", "name", "billing_cycles"):
            if not body.get(name):
                raise Problem(400, "MISSING_REQUIRED_PARAMETER", f"/{name}")
        return web.json_response(self._books.add_plan(body), status=201)

    async def _show_plan(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._books.plans, request))

    async def _subscribe(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        plan = self._books.plans.get(str(body.get("plan_id")))
        if plan is None:
            raise Problem(404, "INVALID_RESOURCE_ID", "/plan_id")
        made = self._books.subscribe(**{**body, "status": "APPROVAL_PENDING"})
        return web.json_response(made, status=201)

    async def _show_subscription(self, request: web.Request) -> web.Response:
        subscription = dict(found(self._books.subscriptions, request))
        plan = self._books.plans.get(str(subscription.get("plan_id")))
        if plan and "plan" in request.query.get("fields", "").split(","):
            subscription["plan"] = {
                name: plan[name] for name in ("product_id", "name", "description") if name in plan
            }
        return web.json_response(subscription)
