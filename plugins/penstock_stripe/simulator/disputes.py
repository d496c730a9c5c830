"""
Disputes of the simulated Stripe.

    POST /_simulator/disputes/{id}    {"status": "won"}: one ends, or moves on
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.forms import expanded, missing, query, shown, word

_WEEK = 7 * 24 * 3600
_CLOSED = ("won", "lost", "warning_closed", "prevented")


@dataclass(slots=True)
class Disputes:
    """The routes of disputes."""

    books: Books

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/v1/disputes", self._list)
        app.router.add_get("/v1/disputes/{id}", self._show)
        app.router.add_post("/_simulator/disputes/{id}", self._move)

    def open(self, intent: Shown, *, inquiry: bool = False) -> Shown:
        """The buyer's bank disputes a payment; an inquiry leaves the money where it is."""
        made = self.begin(intent, inquiry=inquiry)
        self.books.tell("charge.dispute.created", made)
        return made

    def begin(self, intent: Shown, *, inquiry: bool = False) -> Shown:
        """The same, and nobody is told."""
        made: Shown = {
            "id": self.books.new("dp"),
            "object": "dispute",
            "amount": intent["amount"],
            "balance_transactions": [],
            "charge": intent["latest_charge"],
            "created": self.books.seconds(),
            "currency": intent["currency"],
            "evidence_details": {"due_by": self.books.seconds() + _WEEK},
            "livemode": False,
            "payment_intent": intent["id"],
            "reason": "fraudulent",
            "status": "warning_needs_response" if inquiry else "needs_response",
        }
        self.books.disputes[made["id"]] = made
        self.books.charges[intent["latest_charge"]]["disputed"] = True
        if not inquiry:
            self._moved(made, -made["amount"])
        return made

    def move(self, dispute: Shown, status: str) -> None:
        """It has another status from now on; one that is won gives the money back."""
        dispute["status"] = status
        if status == "won":
            self._moved(dispute, dispute["amount"])
        closed = "closed" if status in _CLOSED else "updated"
        self.books.tell(f"charge.dispute.{closed}", dispute)

    def _moved(self, dispute: Shown, amount: int) -> None:
        movement = {"id": self.books.new("txn"), "amount": amount}
        dispute["balance_transactions"].append(movement)

    async def _list(self, request: web.Request) -> web.Response:
        fields = query(request)
        of = word(fields, "payment_intent")
        found = [d for d in self.books.disputes.values() if of in (None, d["payment_intent"])]
        return shown(self.books.page(found, fields, "/v1/disputes"))

    async def _show(self, request: web.Request) -> web.Response:
        dispute = self.books.disputes.get(request.match_info["id"])
        if dispute is None:
            return missing("dispute")
        if "payment_intent" not in expanded(query(request)):
            return shown(dispute)
        intent = self.books.intents[dispute["payment_intent"]]
        return shown({**dispute, "payment_intent": intent})

    async def _move(self, request: web.Request) -> web.Response:
        dispute = self.books.disputes.get(request.match_info["id"])
        if dispute is None:
            return missing("dispute")
        self.move(dispute, str((await request.json())["status"]))
        return web.json_response(dispute)
