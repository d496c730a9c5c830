"""Charges of the simulated Example gateway, by their idempotency keys."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from penstock_example.simulator.requests import money_of, problem

_DECLINES = {
    "decline": (402, "insufficient_funds"),
    "conflict": (409, "duplicate_order"),
    "invalid": (422, "invalid_order"),
}
_ALWAYS = {"critical": 500, "refuse": 400}
_FIRST_TIME = {"busy": 503, "throttle": 429}


@dataclass(slots=True)
class Charge:
    """A charge as the gateway holds it, by its idempotency key."""

    digest: str
    status: int
    shown: dict[str, Any]

    def answer(self) -> web.Response:
        """The answer the key gets, each time."""
        return web.json_response(self.shown, status=self.status)


@dataclass(slots=True)
class Charges:
    """All charges there are."""

    charges: dict[str, Charge] = field(default_factory=dict[str, Charge])
    tried: set[str] = field(default_factory=set[str])

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/charges", self._charge)
        app.router.add_get("/charges/{id}", self._look_up)
        app.router.add_get("/_simulator/charges", self._list)

    def paid(self, identity: str) -> Mapping[str, Any] | None:
        """A charge that succeeded, by the gateway's id of it."""
        return next(
            (
                one.shown
                for one in self.charges.values()
                if one.shown["id"] == identity and one.shown["status"] == "succeeded"
            ),
            None,
        )

    async def _charge(self, request: web.Request) -> web.Response:
        body = await request.read()
        order = money_of(body, "id", "currency")
        key = request.headers.get("Idempotency-Key", "")
        if order is None or order["id"] != key:
            return problem(400, "malformed")
        digest = hashlib.sha256(body).hexdigest()
        known = self.charges.get(key)
        if known is not None and order.get("reference") == "once":
            return problem(409, "duplicate_order")
        if known is not None:
            return known.answer() if known.digest == digest else problem(422, "key_reused")
        return self._decide(request, order, digest)

    def _decide(self, request: web.Request, order: Mapping[str, Any], digest: str) -> web.Response:
        key, wish = order["id"], str(order.get("reference"))
        first = key not in self.tried
        self.tried.add(key)
        if wish in _ALWAYS:
            return problem(_ALWAYS[wish], wish)
        if wish in _FIRST_TIME and first:
            return problem(_FIRST_TIME[wish], wish, headers={"Retry-After": "1"})
        status, code = _DECLINES.get(wish, (201, None))
        standing = "declined" if code else "pending" if wish == "pending" else "succeeded"
        charge = self.charges[key] = Charge(digest, status, _shown(order, standing, code))
        if wish == "lost" and request.transport is not None:
            request.transport.abort()
        return problem(502, "bad_gateway") if wish == "badgateway" else charge.answer()

    async def _look_up(self, request: web.Request) -> web.Response:
        charge = self.charges.get(request.match_info["id"])
        if charge is None:
            return problem(404, "not_found")
        if charge.shown["status"] == "pending":
            charge.shown["status"] = "succeeded"
        return web.json_response(charge.shown)

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response([charge.shown for charge in self.charges.values()])


def _shown(order: Mapping[str, Any], standing: str, code: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        # Not random: the same operation has the same charge after a restart, too.
        "id": f"ch_{hashlib.sha256(order['id'].encode()).hexdigest()[:16]}",
        "operation_id": order["id"],
        "payment_id": order.get("payment_id"),
        "status": standing,
        "amount": order["amount"],
        "currency": order["currency"],
    }
    return {**shown, "code": code} if code else shown
