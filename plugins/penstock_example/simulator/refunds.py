"""Refunds of the simulated Example gateway, by their idempotency keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from penstock_example.simulator.requests import money_of, problem


@dataclass(slots=True)
class Refund:
    """A refund as the gateway holds it."""

    digest: str
    shown: dict[str, Any]


@dataclass(slots=True)
class Refunds:
    """All refunds there are; `paid` finds a payment by the gateway's id of it."""

    paid: Callable[[str], Mapping[str, Any] | None]
    refunds: dict[str, Refund] = field(default_factory=dict[str, Refund])

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/refunds", self._refund)
        app.router.add_get("/refunds/{id}", self._show)
        app.router.add_get("/_simulator/refunds", self._list)

    async def _refund(self, request: web.Request) -> web.Response:
        body = await request.read()
        asked = money_of(body, "id", "payment", "currency")
        key = request.headers.get("Idempotency-Key", "")
        if asked is None or asked["id"] != key:
            return problem(400, "malformed")
        digest = hashlib.sha256(body).hexdigest()
        known = self.refunds.get(key)
        if known is not None:
            if known.digest != digest:
                return problem(422, "key_reused")
            return web.json_response(known.shown)
        return self._decide(request, asked, digest)

    def _decide(self, request: web.Request, asked: Mapping[str, Any], digest: str) -> web.Response:
        paid = self.paid(asked["payment"])
        if paid is None:
            return problem(404, "unknown_payment")
        if paid["currency"] != asked["currency"]:
            return problem(422, "other_currency")
        if asked["amount"] > paid["amount"] - self._gone(asked["payment"]):
            return problem(422, "above_what_is_left")
        wish = str(asked.get("note"))
        if wish == "refuse":
            return problem(422, "insufficient_balance")
        shown: dict[str, Any] = {
            # Not random: the same operation has the same refund after a restart, too.
            "id": f"re_{hashlib.sha256(asked['id'].encode()).hexdigest()[:16]}",
            "operation_id": asked["id"],
            "payment": asked["payment"],
            "status": "pending" if wish == "pending" else "succeeded",
            "amount": asked["amount"],
            "currency": asked["currency"],
        }
        self.refunds[asked["id"]] = Refund(digest, shown)
        if wish == "lost" and request.transport is not None:
            request.transport.abort()
        return web.json_response(shown, status=201)

    def _gone(self, payment: str) -> int:
        return sum(
            one.shown["amount"] for one in self.refunds.values() if one.shown["payment"] == payment
        )

    async def _show(self, request: web.Request) -> web.Response:
        known = self.refunds.get(request.match_info["id"])
        if known is None:
            return problem(404, "not_found")
        if known.shown["status"] == "pending":
            known.shown["status"] = "succeeded"
        return web.json_response(known.shown)

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response([one.shown for one in self.refunds.values()])
