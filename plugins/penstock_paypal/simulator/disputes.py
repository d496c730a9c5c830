"""Disputes, as the customer disputes API shows them (customer_disputes_v1)."""

from __future__ import annotations

from aiohttp import web

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.payments import found

_DISPUTES = "/v1/customer/disputes"
_LISTED = (
    "dispute_id",
    "create_time",
    "update_time",
    "reason",
    "status",
    "dispute_state",
    "dispute_amount",
    "dispute_life_cycle_stage",
    "dispute_channel",
    "seller_response_due_date",
)


class Disputes:
    """The routes of disputes."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get(_DISPUTES, self._list)
        app.router.add_get(f"{_DISPUTES}/{{id}}", self._show)

    async def _list(self, request: web.Request) -> web.Response:
        """List them in brief; `disputed_transaction_id` chooses those over one payment."""
        wanted = request.query.get("disputed_transaction_id")
        items = [
            {name: one[name] for name in _LISTED if name in one}
            for one in self._books.disputes.values()
            if wanted is None
            or any(
                part.get("seller_transaction_id") == wanted
                for part in one.get("disputed_transactions", [])
            )
        ]
        return web.json_response({"items": items, "links": []})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._books.disputes, request))
