"""Plans, as billing_subscriptions_v1 describes them."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from penstock_paypal.simulator.billing import checks, patches
from penstock_paypal.simulator.billing.intervals import CAPS
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.pages import paged
from penstock_paypal.simulator.billing.repeatable import repeatable
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.payments import found
from penstock_paypal.simulator.problems import Problem, body_of

_PLANS = "/v1/billing/plans"
_TAKEN = ("product_id", "name", "description", "billing_cycles", "taxes")
_BRIEF = (
    "id",
    "product_id",
    "name",
    "status",
    "description",
    "usage_type",
    "create_time",
    "links",
)
_TRIALS = 2
_PREFERENCES = "/payment_preferences"
_PATCHED = frozenset(
    {
        "/name",
        "/description",
        "/taxes/percentage",
        f"{_PREFERENCES}/auto_bill_outstanding",
        f"{_PREFERENCES}/payment_failure_threshold",
        f"{_PREFERENCES}/setup_fee",
        f"{_PREFERENCES}/setup_fee_failure_action",
    }
)
# What each step needs the plan to be, and makes of it.
_STEPS = {
    "activate": (("CREATED", "INACTIVE"), "ACTIVE", "BILLING.PLAN.ACTIVATED"),
    "deactivate": (("ACTIVE",), "INACTIVE", "BILLING.PLAN.DEACTIVATED"),
}


class Plans:
    """The routes of plans."""

    def __init__(self, books: Books, news: News) -> None:
        self._books = books
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get(_PLANS, self._list)
        app.router.add_post(_PLANS, self._create)
        app.router.add_get(f"{_PLANS}/{{id}}", self._show)
        app.router.add_patch(f"{_PLANS}/{{id}}", self._patch)
        app.router.add_post(f"{_PLANS}/{{id}}/{{step:activate|deactivate}}", self._step)

    async def _list(self, request: web.Request) -> web.Response:
        """List them; prices only where `Prefer: return=representation` asks for them."""
        product = request.query.get("product_id")
        named = request.query.get("plan_ids")
        wanted = named.split(",") if named else None
        if wanted and len(wanted) > 10:
            raise Problem(400, "INVALID_PARAMETER_VALUE", "/plan_ids")
        shown = [
            one if whole(request) else brief(one)
            for one in self._books.plans.values()
            if (not product or one.get("product_id") == product)
            and (not wanted or one["id"] in wanted)
        ]
        return web.json_response(paged("plans", shown, request))

    async def _create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        _check(body["billing_cycles"])
        if body["product_id"] not in self._books.products:
            raise Problem(404, "INVALID_RESOURCE_ID", "/product_id")
        identity, base = f"P-{self._books.letters(24)}", str(request.url.origin())
        plan = self._books.add_plan(
            {
                "id": identity,
                "status": body.get("status", "ACTIVE"),
                "usage_type": "LICENSED",
                **{name: body[name] for name in _TAKEN if name in body},
                "payment_preferences": {
                    "service_type": "PREPAID",
                    "auto_bill_outstanding": True,
                    "setup_fee_failure_action": "CANCEL",
                    "payment_failure_threshold": 0,
                    **body["payment_preferences"],
                },
                "quantity_supported": body.get("quantity_supported", False),
                "update_time": self._books.now(),
                "links": _links(base, identity),
            }
        )
        await self._tell("BILLING.PLAN.CREATED", plan, request)
        full = whole(request)
        return repeatable(lambda: plan if full else brief(plan))

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._books.plans, request))

    async def _patch(self, request: web.Request) -> web.Response:
        plan = found(self._books.plans, request)
        asked = await patches.operations(request, _PATCHED)
        if plan["status"] == "INACTIVE":
            raise Problem(422, "PLAN_STATUS_INACTIVE")
        patches.apply(plan, asked, self._books.now())
        await self._tell("BILLING.PLAN.UPDATED", plan, request)
        return web.Response(status=204)

    async def _step(self, request: web.Request) -> web.Response:
        plan = found(self._books.plans, request)
        before, status, event_type = _STEPS[request.match_info["step"]]
        if plan["status"] not in before:
            raise Problem(422, "PLAN_STATUS_INVALID")
        plan |= {"status": status, "update_time": self._books.now()}
        await self._tell(event_type, plan, request)
        return web.Response(status=204)

    async def _tell(self, event_type: str, plan: Document, request: web.Request) -> None:
        self._news.write(event_type, plan, str(request.url.origin()))
        await self._news.send()


def whole(request: web.Request) -> bool:
    """Whether the request asks for the whole resource."""
    return "return=representation" in request.headers.get("Prefer", "").replace(" ", "")


def brief(plan: Document) -> Document:
    """The plan as the list shows it: without prices."""
    return {name: plan[name] for name in _BRIEF if name in plan}


def _check(cycles: Sequence[Document]) -> None:
    """
    See that the cycles make a plan: trials first, then exactly one regular one.

    Raises:
        Problem: they do not.
    """
    for place, cycle in enumerate(cycles):
        _check_cycle(cycle, f"/billing_cycles/{place}")
    ordered = sorted(cycles, key=lambda cycle: cycle["sequence"])
    tenures = [cycle["tenure_type"] for cycle in ordered]
    if tenures.count("REGULAR") != 1 or len(tenures) > _TRIALS + 1:
        raise Problem(400, "INVALID_PARAMETER_VALUE", "/billing_cycles")
    sequences = [cycle["sequence"] for cycle in ordered]
    if sequences != list(range(1, len(sequences) + 1)) or tenures[-1] != "REGULAR":
        raise Problem(422, "INVALID_BILLING_CYCLE_SEQUENCE", "/billing_cycles")


def _check_cycle(cycle: Document, path: str) -> None:
    if cycle["tenure_type"] == "TRIAL" and cycle.get("total_cycles", 1) < 1:
        raise Problem(400, "INVALID_INTEGER_MIN_VALUE", f"{path}/total_cycles")
    frequency = cycle["frequency"]
    if frequency.get("interval_count", 1) > CAPS[frequency["interval_unit"]]:
        raise Problem(400, "INVALID_INTEGER_MAX_VALUE", f"{path}/frequency/interval_count")
    at = f"{path}/pricing_scheme"
    if cycle["tenure_type"] == "REGULAR" or "pricing_scheme" in cycle:
        # The simulator knows fixed prices only, no tiers.
        checks.present(checks.present(cycle, at), f"{at}/fixed_price")


def _links(base: str, identity: str) -> list[Document]:
    href = f"{base}{_PLANS}/{identity}"
    return [
        {"href": href, "rel": "self", "method": "GET"},
        {"href": href, "rel": "edit", "method": "PATCH"},
        {"href": f"{href}/deactivate", "rel": "self", "method": "POST"},
    ]
