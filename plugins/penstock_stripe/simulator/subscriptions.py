"""
Subscriptions of the simulated Stripe; the API only reads them.

    POST /_simulator/subscriptions            {"trial_days": 0}: a new one, its first period paid
    POST /_simulator/subscriptions/{id}/pay   its next period begins and is paid
    POST /_simulator/subscriptions/{id}/fail  its next period begins and is not paid
    POST /_simulator/subscriptions/{id}/cancel
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.forms import (
    expanded,
    invalid,
    missing,
    number,
    query,
    shown,
    word,
    words,
)
from penstock_stripe.simulator.intents import Intents

_DAY = 24 * 3600
_MONTH = 30 * _DAY
_PRICE = 1250
_CUSTOMER = {
    "id": "cus_ada",
    "object": "customer",
    "name": "Ada Lovelace",
    "email": "ada@example.test",
}


@dataclass(slots=True)
class Subscriptions:
    """The routes of subscriptions and of what they are billed by."""

    books: Books
    intents: Intents

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/v1/subscriptions/{id}", self._show)
        app.router.add_get("/v1/invoices", self._invoices)
        app.router.add_get("/v1/invoice_payments", self._payments)
        app.router.add_post("/_simulator/subscriptions", self._open)
        app.router.add_post("/_simulator/subscriptions/{id}/{what:pay|fail|cancel}", self._change)

    def open(self, trial_days: int = 0) -> Shown:
        """A customer subscribes on the merchant's page."""
        made = self.begin(trial_days)
        self.books.tell("customer.subscription.created", made)
        if not trial_days:
            self.bill(made)
        return made

    def begin(self, trial_days: int = 0) -> Shown:
        """The same, and nothing is told or billed."""
        now = self.books.seconds()
        trial = {"trial_start": now, "trial_end": now + trial_days * _DAY} if trial_days else {}
        recurring = {"interval": "month", "interval_count": 1}
        price = {
            "id": "price_gold",
            "object": "price",
            "nickname": "Gold",
            "currency": "eur",
            "unit_amount": _PRICE,
            "recurring": recurring,
        }
        item = {
            "id": self.books.new("si"),
            "price": price,
            "quantity": 1,
            "current_period_end": trial.get("trial_end", now),
        }
        made: Shown = {
            "id": self.books.new("sub"),
            "object": "subscription",
            "status": "trialing" if trial else "active",
            "created": now,
            "start_date": now,
            **trial,
            "customer": _CUSTOMER["id"],
            "cancel_at_period_end": False,
            "canceled_at": None,
            "ended_at": None,
            "items": {"object": "list", "data": [item], "has_more": False},
            "latest_invoice": None,
            "livemode": False,
            "metadata": {},
        }
        self.books.subscriptions[made["id"]] = made
        return made

    def bill(self, one: Shown, *, fails: bool = False) -> Shown:
        """Its next period begins."""
        one["items"]["data"][0]["current_period_end"] += _MONTH
        fields = {
            "amount": str(_PRICE),
            "currency": "eur",
            "customer": one["customer"],
            "payment_method": "pm_card_visa",
        }
        intent, now = self.intents.make(fields), self.books.seconds()
        invoice: Shown = {
            "id": self.books.new("in"),
            "object": "invoice",
            "created": now,
            "currency": "eur",
            "status": "open",
            "amount_paid": 0,
            "amount_remaining": _PRICE,
            "attempt_count": 1,
            "next_payment_attempt": now + 3 * _DAY if fails else None,
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": one["id"]},
            },
            "status_transitions": {"paid_at": None},
            "payments": _paid_by(intent, "open"),
        }
        self.books.invoices[invoice["id"]] = invoice
        one["latest_invoice"] = invoice["id"]
        if fails:
            self.unpaid(one, intent, invoice)
        else:
            self.paid(one, intent, invoice)
        return invoice

    def cancel(self, one: Shown) -> None:
        """It ends at once."""
        now = self.books.seconds()
        one.update(status="canceled", canceled_at=now, ended_at=now)
        self.books.tell("customer.subscription.deleted", one)

    def paid(self, one: Shown, intent: Shown, invoice: Shown) -> None:
        """An invoice is paid by its intent."""
        self.intents.pay(intent)
        invoice.update(
            status="paid",
            amount_paid=_PRICE,
            amount_remaining=0,
            next_payment_attempt=None,
            status_transitions={"paid_at": self.books.seconds()},
            payments=_paid_by(intent, "paid"),
        )
        self.books.tell("payment_intent.succeeded", intent)
        self.books.tell("invoice.paid", invoice)
        self._becomes(one, "active")

    def unpaid(self, one: Shown, intent: Shown, invoice: Shown) -> None:
        """An attempt at an invoice's intent fails."""
        self.intents.fail(intent, "card_declined", "insufficient_funds")
        self.books.tell("payment_intent.payment_failed", intent)
        self.books.tell("invoice.payment_failed", invoice)
        self._becomes(one, "past_due")

    def _becomes(self, one: Shown, status: str) -> None:
        was = one["status"]
        if was != status:
            one["status"] = status
            self.books.tell("customer.subscription.updated", one, {"status": was})

    async def _show(self, request: web.Request) -> web.Response:
        one = self.books.subscriptions.get(request.match_info["id"])
        if one is None:
            return missing()
        wanted, found = expanded(query(request)), dict(one)
        if "customer" in wanted:
            found["customer"] = _CUSTOMER
        if "latest_invoice" in wanted and one["latest_invoice"]:
            found["latest_invoice"] = self.books.invoices[one["latest_invoice"]]
        return shown(found)

    async def _invoices(self, request: web.Request) -> web.Response:
        fields = query(request)
        of, status = word(fields, "subscription"), word(fields, "status")
        since = number(words(fields, "created"), "gte") or 0
        if of not in self.books.subscriptions:
            return invalid("resource_missing", "subscription")
        found = [
            one
            for one in self.books.invoices.values()
            if _subscription(one) == of
            and status in (None, one["status"])
            and one["created"] >= since
        ]
        return shown(self.books.page(found, fields, "/v1/invoices"))

    async def _payments(self, request: web.Request) -> web.Response:
        fields = query(request)
        of = words(fields, "payment").get("payment_intent")
        found = [
            {**payment, "invoice": invoice}
            for invoice in self.books.invoices.values()
            for payment in invoice["payments"]["data"]
            if payment["payment"]["payment_intent"] == of
        ]
        return shown(self.books.page(found, fields, "/v1/invoice_payments"))

    async def _open(self, request: web.Request) -> web.Response:
        asked: Shown = await request.json() if request.can_read_body else {}
        return web.json_response(self.open(int(asked.get("trial_days", 0))))

    async def _change(self, request: web.Request) -> web.Response:
        one = self.books.subscriptions.get(request.match_info["id"])
        if one is None:
            return missing()
        what = request.match_info["what"]
        if what == "cancel":
            self.cancel(one)
        else:
            self.bill(one, fails=what == "fail")
        return web.json_response(one)


def _paid_by(intent: Shown, status: str) -> Shown:
    payment = {"type": "payment_intent", "payment_intent": intent["id"]}
    one = {"id": f"inpay_{intent['id']}", "object": "invoice_payment", "status": status}
    return {"object": "list", "data": [{**one, "payment": payment}], "has_more": False}


def _subscription(invoice: Mapping[str, Any]) -> str:
    return str(invoice["parent"]["subscription_details"]["subscription"])
