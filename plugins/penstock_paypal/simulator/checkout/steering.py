"""
What a test decides about orders, below `/_simulator/`.

* `POST /_simulator/orders/{id}/approve`: the buyer approves, as on the page: `{"how": "declined"}`
  (`approval.How`); `pay` when left out.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.checkout.approval import Approval, How
from penstock_paypal.simulator.control import refused
from penstock_paypal.simulator.payments import found


class _Approved(BaseModel):
    model_config = ConfigDict(extra="forbid")

    how: How = "pay"


class Steering:
    """The route by which a test plays the buyer."""

    def __init__(self, books: Books, approval: Approval) -> None:
        self._books = books
        self._approval = approval

    def add_to(self, app: web.Application) -> None:
        """Serve it."""
        app.router.add_post("/_simulator/orders/{id}/approve", self._approve)

    async def _approve(self, request: web.Request) -> web.Response:
        order = found(self._books.orders, request)
        try:
            told = _Approved.model_validate_json(await request.read() or b"{}")
        except ValidationError as exc:
            return refused(exc)
        await self._approval.approve(order, told.how)
        return web.json_response(order)
