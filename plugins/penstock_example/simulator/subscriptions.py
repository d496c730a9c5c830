"""Plans and subscriptions of the simulated Example gateway over HTTP."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from aiohttp import web

from penstock_example.simulator.desk import Desk, NotAllowed
from penstock_example.simulator.held import Held, offer, within
from penstock_example.simulator.plans import PLANS
from penstock_example.simulator.requests import is_url, problem, read

_PAGE = 2
_REFERENCE = re.compile(r"[\x20-\x7e]{1,127}")
_TEXTS = ("plan", "reference", "return_url", "cancel_url", "notify_url")


@dataclass(slots=True)
class Subscriptions:
    """The routes of plans and subscriptions."""

    desk: Desk
    digests: dict[str, str] = field(default_factory=dict[str, str])

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/plans", self._plans)
        app.router.add_post("/subscriptions", self._open)
        app.router.add_get("/subscriptions/{id}", self._show)
        app.router.add_get("/subscriptions/{id}/payments", self._payments)
        app.router.add_post("/subscriptions/{id}/{what:cancel|suspend|resume}", self._change)
        app.router.add_post("/subscriptions/{id}/revise", self._revise)
        app.router.add_get("/_simulator/subscriptions", self._list)
        app.router.add_post("/_simulator/subscriptions/{id}", self._set)
        app.router.add_post("/_simulator/clock", self._clock)

    async def _plans(self, request: web.Request) -> web.Response:
        ids = [plan.id for plan in PLANS]
        after = request.query.get("after")
        begins = ids.index(after) + 1 if after in ids else 0
        page = PLANS[begins : begins + _PAGE]
        more = begins + _PAGE < len(PLANS)
        return web.json_response(
            {"plans": [offer(plan) for plan in page], "next": page[-1].id if more else None}
        )

    async def _open(self, request: web.Request) -> web.Response:
        body, digest = await read(request), hashlib.sha256(await request.read()).hexdigest()
        key = request.headers.get("Idempotency-Key", "")
        if body is None or not key or body.get("id") != key:
            return problem(400, "malformed")
        if key in self.digests:
            same = self.digests[key] == digest
            return self._opened(self.desk.opened[key], request) if same else _reused()
        plan = self.desk.plan(body.get("plan"))
        wrong = _wrong(body) if plan else "plan"
        if wrong or plan is None:
            return problem(422, "invalid", wrong)
        self.digests[key] = digest
        return self._opened(self.desk.open(key, plan, body), request)

    def _opened(self, made: Held, request: web.Request) -> web.Response:
        return web.json_response(self._shown(made, request), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        self.desk.settle()
        one = self.desk.held.get(request.match_info["id"])
        return web.json_response(self._shown(one, request)) if one else problem(404, "not_found")

    async def _payments(self, request: web.Request) -> web.Response:
        self.desk.settle()
        one = self.desk.held.get(request.match_info["id"])
        if one is None:
            return problem(404, "not_found")
        try:
            return web.json_response({"payments": within(one.paid, "at", request)})
        except ValueError:
            return problem(400, "malformed")

    async def _change(self, request: web.Request) -> web.Response:
        self.desk.settle()
        body, one = await read(request), self.desk.held.get(request.match_info["id"])
        if one is None:
            return problem(404, "not_found")
        if body is None or not isinstance(body.get("reason"), str):
            return problem(422, "invalid", "reason")
        try:
            self.desk.change(one, request.match_info["what"])
        except NotAllowed:
            return problem(409, "state")
        return web.json_response(self._shown(one, request))

    async def _revise(self, request: web.Request) -> web.Response:
        self.desk.settle()
        body, one = await read(request), self.desk.held.get(request.match_info["id"])
        if one is None:
            return problem(404, "not_found")
        plan = self.desk.plan(body.get("plan")) if body else None
        if body is None or plan is None:
            return problem(422, "invalid", "plan")
        wrong = next((k for k in ("return_url", "cancel_url") if not is_url(body.get(k))), None)
        if wrong:
            return problem(422, "invalid", wrong)
        try:
            self.desk.revise(one, plan, body)
        except NotAllowed:
            return problem(409, "state")
        return web.json_response(self._shown(one, request))

    def _shown(self, one: Held, request: web.Request) -> dict[str, Any]:
        return one.shown(f"{request.url.origin()}/approve/{one.token}" if one.token else None)

    async def _list(self, request: web.Request) -> web.Response:
        self.desk.settle()
        return web.json_response([self._shown(one, request) for one in self.desk.held.values()])

    async def _set(self, request: web.Request) -> web.Response:
        body, one = await read(request), self.desk.held.get(request.match_info["id"])
        if one is None or body is None or not isinstance(body.get("fails"), bool):
            return problem(400, "malformed")
        one.fails = body["fails"]
        return web.json_response(self._shown(one, request))

    async def _clock(self, request: web.Request) -> web.Response:
        body = await read(request) or {}
        try:
            if "to" in body:
                span = datetime.fromisoformat(body["to"]) - self.desk.now()
            else:
                span = timedelta(seconds=float(body["advance"]))
        except (ValueError, KeyError, TypeError, OverflowError):
            return problem(400, "malformed")
        self.desk.advance(max(span, timedelta()))
        return web.json_response({"now": self.desk.now().isoformat()})


def _wrong(body: Mapping[str, Any]) -> str | None:
    """The first field that a subscription is not opened with."""
    for name in _TEXTS:
        if not isinstance(body.get(name), str):
            return name
    if not _REFERENCE.fullmatch(body["reference"]):
        return "reference"
    urls = [name for name in _TEXTS if name.endswith("_url") and not is_url(body[name])]
    buyer = body.get("subscriber")
    address = cast(dict[str, Any], buyer).get("email") if isinstance(buyer, dict) else None
    if not isinstance(address, str) or "@" not in address:
        return "subscriber.email"
    return next(iter(urls), None)


def _reused() -> web.Response:
    return problem(422, "key_reused")
