"""Checkouts of the simulated Example gateway: one payment that a buyer approves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from penstock_example.simulator.desk import Desk
from penstock_example.simulator.held import written
from penstock_example.simulator.requests import is_url, problem, read

LIFE = timedelta(hours=1)
"""How long a buyer may take to approve one."""
_TEXTS = ("payment", "currency", "return_url", "cancel_url", "notify_url")


@dataclass(slots=True)
class Held:
    """
    One checkout.

    Attributes:
        declines: its next capture is declined.
    """

    id: str
    request: Mapping[str, Any]
    ends_at: datetime
    token: str
    status: str = "open"
    money: dict[str, Any] | None = None
    declines: bool = False

    def shown(self, base: str = "") -> dict[str, Any]:
        """It, as the API shows it; the address of approval for who opened it."""
        told = {"id": self.id, "payment": self.request["payment"], "status": self.status}
        if self.money:
            told["money"] = self.money
        if base:
            told["approval_url"] = f"{base}/checkout/{self.token}"
            told["expires_at"] = written(self.ends_at)
        return told


@dataclass(slots=True)
class Checkouts:
    """All checkouts there are, by id and by the key they were opened under."""

    desk: Desk
    held: dict[str, Held] = field(default_factory=dict[str, Held])
    opened: dict[str, Held] = field(default_factory=dict[str, Held])

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/checkouts", self._open)
        app.router.add_get("/checkouts/{id}", self._show)
        app.router.add_post("/checkouts/{id}/capture", self._capture)
        app.router.add_get("/_simulator/checkouts", self._list)

    def waiting(self, token: str) -> Held | None:
        """The one whose buyer has that address, if there is something to approve."""
        one = next((one for one in self.held.values() if one.token == token), None)
        if one is None or self._over(one):
            return None
        return one if one.status == "open" else None

    def paid(self, identity: str) -> Mapping[str, Any] | None:
        """What was captured, by its id."""
        found = (one.money for one in self.held.values() if one.money)
        money = next((money for money in found if money["id"] == identity), None)
        return {"amount": money["minor"], "currency": money["currency"]} if money else None

    def approve(self, one: Held, *, declines: bool) -> None:
        """The buyer agrees."""
        one.status, one.declines = "approved", declines
        self.desk.tell(
            one.request["notify_url"], "checkout.approved", one.shown(), self.desk.now()
        )

    async def _open(self, request: web.Request) -> web.Response:
        body = await read(request)
        key = request.headers.get("Idempotency-Key", "")
        if body is None or not key or body.get("id") != key:
            return problem(400, "malformed")
        if key in self.opened:
            same = self.opened[key].request == body
            return self._answer(self.opened[key], request) if same else problem(422, "key_reused")
        texts = all(isinstance(body.get(name), str) for name in _TEXTS)
        urls = all(is_url(body.get(name)) for name in _TEXTS if name.endswith("_url"))
        minor = body.get("minor")
        if not texts or not urls or type(minor) is not int or minor <= 0:
            return problem(422, "invalid")
        made = Held(
            f"co_{self.desk.letters(8)}", body, self.desk.now() + LIFE, self.desk.letters(16)
        )
        self.held[made.id] = self.opened[key] = made
        return self._answer(made, request)

    def _answer(self, one: Held, request: web.Request) -> web.Response:
        return web.json_response(one.shown(str(request.url.origin())), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        one = self.held.get(request.match_info["id"])
        if one is None:
            return problem(404, "not_found")
        if self._over(one):
            one.status = "closed"
        return web.json_response(one.shown())

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response([one.shown() for one in self.held.values()])

    async def _capture(self, request: web.Request) -> web.Response:
        one = self.held.get(request.match_info["id"])
        if one is None:
            return problem(404, "not_found")
        if self._over(one):
            return problem(410, "closed")
        if one.status == "open":
            return problem(409, "not_approved")
        if one.declines:
            one.status, one.declines = "open", False
            return problem(402, "insufficient_funds")
        if one.money is None:
            one.status = "captured"
            one.money = {
                "id": f"cap_{self.desk.letters(8)}",
                "status": "succeeded",
                "minor": one.request["minor"],
                "currency": one.request["currency"],
                "at": written(self.desk.now()),
            }
        return web.json_response(one.shown())

    def _over(self, one: Held) -> bool:
        return one.money is None and (one.status == "closed" or self.desk.now() >= one.ends_at)
