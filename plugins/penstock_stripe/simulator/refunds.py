"""
Refunds of the simulated Stripe.

The payment method that paid decides what happens: `pm_card_pendingRefund` pending, and succeeded
when it is read next; `pm_card_refundFail` succeeded, and failed when it is read next; any other
succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.forms import (
    form,
    invalid,
    missing,
    number,
    query,
    shown,
    word,
    words,
)

_PENDING, _FAILS = "pm_card_pendingRefund", "pm_card_refundFail"


@dataclass(slots=True)
class Refunds:
    """The routes of refunds."""

    books: Books

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/v1/refunds", self._create)
        app.router.add_get("/v1/refunds", self._list)
        app.router.add_get("/v1/refunds/{id}", self._show)
        app.router.add_get("/_simulator/refunds", self._all)

    def make(self, intent: Shown, amount: int, metadata: Mapping[str, str]) -> Shown:
        """Money of a payment goes back, as when it is refunded in Stripe's dashboard."""
        made = self.move(intent, amount, metadata)
        self.books.tell("refund.created", made)
        self.books.tell("charge.refunded", self.books.charges[made["charge"]])
        return made

    def move(self, intent: Shown, amount: int, metadata: Mapping[str, str]) -> Shown:
        """The same, and nobody is told."""
        pending = intent["payment_method"] == _PENDING
        made: Shown = {
            "id": self.books.new("re"),
            "object": "refund",
            "amount": amount,
            "charge": intent["latest_charge"],
            "created": self.books.seconds(),
            "currency": intent["currency"],
            "metadata": dict(metadata),
            "payment_intent": intent["id"],
            "status": "pending" if pending else "succeeded",
        }
        self.books.refunds[made["id"]] = made
        charge = self.books.charges[intent["latest_charge"]]
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return made

    def settle(self, refund: Shown) -> None:
        """What the method of a payment makes of its refund, once."""
        intent = self.books.intents[refund["payment_intent"]]
        if refund["status"] == "pending":
            refund["status"] = "succeeded"
            self.books.tell("refund.updated", refund)
        elif refund["status"] == "succeeded" and intent["payment_method"] == _FAILS:
            refund.update(status="failed", failure_reason="lost_or_stolen_card")
            charge = self.books.charges[refund["charge"]]
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            self.books.tell("refund.failed", refund)

    async def _create(self, request: web.Request) -> web.Response:
        fields = await form(request)
        intent = self.books.intents.get(word(fields, "payment_intent") or "")
        if intent is None or intent["status"] != "succeeded":
            return invalid("resource_missing", "payment_intent", 404)
        charge = self.books.charges[intent["latest_charge"]]
        left = charge["amount"] - charge["amount_refunded"]
        amount, metadata = number(fields, "amount"), words(fields, "metadata")
        amount = left if amount is None else amount
        if charge["disputed"]:
            return invalid("charge_disputed")
        if not left:
            return invalid("charge_already_refunded")
        if not 0 < amount <= left:
            return invalid("amount_too_large", "amount")
        return shown(self.make(intent, amount, metadata))

    async def _list(self, request: web.Request) -> web.Response:
        fields = query(request)
        of = word(fields, "payment_intent")
        if of is not None and of not in self.books.intents:
            return invalid("resource_missing", "payment_intent")
        found = [r for r in self.books.refunds.values() if of in (None, r["payment_intent"])]
        return shown(self.books.page(found, fields, "/v1/refunds"))

    async def _show(self, request: web.Request) -> web.Response:
        refund = self.books.refunds.get(request.match_info["id"])
        if refund is None:
            return missing()
        self.settle(refund)
        return shown(refund)

    async def _all(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.books.refunds.values()))
