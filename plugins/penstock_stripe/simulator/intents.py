"""
Payment intents of the simulated Stripe.

The payment method decides what happens, as Stripe's own of test mode do (docs.stripe.com/testing):

    pm_card_visa                              paid
    pm_card_visa_chargeDeclined               402 generic_decline; the same for
                                              …InsufficientFunds, …ExpiredCard, …ProcessingError
    pm_card_authenticationRequired            402 authentication_required
    pm_card_createDispute                     paid, and disputed at once
    pm_card_pendingRefund, pm_card_refundFail paid; see `refunds`
    pm_usBankAccount_success                  processing; paid when it is read next
    pm_usBankAccount_insufficientFunds        processing; failed when it is read next
    pm_usBankAccount_processing               processing, for good
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.disputes import Disputes
from penstock_stripe.simulator.forms import (
    expanded,
    form,
    invalid,
    missing,
    number,
    query,
    refusal,
    shown,
    word,
    words,
)

_DECLINES = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
}
_SETTLES = "pm_usBankAccount_success"
_BOUNCES = "pm_usBankAccount_insufficientFunds"
_PROCESSING = (_SETTLES, _BOUNCES, "pm_usBankAccount_processing")
_DISPUTED = "pm_card_createDispute"
_QUERY = re.compile(r'metadata\["([a-z_]+)"\]:"([^"]*)"')
_CURRENCY = re.compile(r"[a-z]{3}", re.ASCII)
_MOST = 99_999_999
# By hand from docs.stripe.com/currencies, not from the plugin: the two must not err alike.
_STEPS = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}


@dataclass(slots=True)
class Intents:
    """The routes of payment intents."""

    books: Books
    disputes: Disputes

    def routes(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/v1/payment_intents", self._create)
        app.router.add_get("/v1/payment_intents", self._list)
        app.router.add_get("/v1/payment_intents/search", self._search)
        app.router.add_get("/v1/payment_intents/{id}", self._show)
        app.router.add_get("/_simulator/payment_intents", self._all)

    def make(self, fields: Mapping[str, Any]) -> Shown:
        """A new intent, which nothing was attempted of."""
        made: Shown = {
            "id": self.books.new("pi"),
            "object": "payment_intent",
            "amount": int(fields["amount"]),
            "amount_received": 0,
            "currency": fields["currency"],
            "customer": fields.get("customer"),
            "description": word(fields, "description"),
            "created": self.books.seconds(),
            "livemode": False,
            "metadata": words(fields, "metadata"),
            "payment_method": fields.get("payment_method"),
            "status": "requires_payment_method",
            "latest_charge": None,
            "last_payment_error": None,
            "cancellation_reason": None,
        }
        self.books.intents[made["id"]] = made
        return made

    def pay(self, intent: Shown) -> None:
        """Its money arrives."""
        charge = self.books.charge(intent)
        intent.update(
            status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"]
        )

    def fail(self, intent: Shown, code: str, decline: str | None = None) -> None:
        """An attempt fails."""
        charge = self.books.charge(intent, failed=code)
        error = {"type": "card_error", "code": code, "decline_code": decline}
        intent.update(
            status="requires_payment_method",
            latest_charge=charge["id"],
            last_payment_error=error,
        )

    def settle(self, intent: Shown) -> None:
        """What was processed is paid, or comes back unpaid."""
        if intent["status"] != "processing":
            return
        if intent["payment_method"] == _SETTLES:
            self.pay(intent)
            self.books.tell("payment_intent.succeeded", intent)
        elif intent["payment_method"] == _BOUNCES:
            self.fail(intent, "payment_intent_payment_attempt_failed", "insufficient_funds")
            self.books.tell("payment_intent.payment_failed", intent)

    async def _create(self, request: web.Request) -> web.Response:
        fields = await form(request)
        wrong = _wrong(fields)
        if wrong is not None:
            return wrong
        if not self._customer(fields["customer"]):
            return invalid("resource_missing", "customer")
        intent = self.make(fields)
        method = fields["payment_method"]
        if method in _DECLINES:
            code, decline = _DECLINES[method]
            self.fail(intent, code, decline)
            self.books.tell("payment_intent.payment_failed", intent)
            return refusal(402, "card_error", code, decline=decline, intent=intent)
        if method in _PROCESSING:
            intent["status"] = "processing"
            self.books.tell("payment_intent.processing", intent)
            return shown(self.books.intent(intent))
        self.pay(intent)
        self.books.tell("payment_intent.succeeded", intent)
        if method == _DISPUTED:
            self.disputes.open(intent)
        return shown(self.books.intent(intent))

    async def _show(self, request: web.Request) -> web.Response:
        intent = self.books.intents.get(request.match_info["id"])
        if intent is None:
            return missing("intent")
        self.settle(intent)
        return shown(self.books.intent(intent, expanded(query(request))))

    async def _list(self, request: web.Request) -> web.Response:
        fields = query(request)
        customer = word(fields, "customer")
        if customer is not None and not self._customer(customer):
            return invalid("resource_missing", "customer")
        found = [i for i in self.books.intents.values() if customer in (None, i["customer"])]
        for one in found:
            self.settle(one)
        return shown(self.books.page(found, fields, "/v1/payment_intents"))

    async def _search(self, request: web.Request) -> web.Response:
        fields = query(request)
        asked = _QUERY.fullmatch(word(fields, "query") or "")
        if asked is None:
            return invalid("parameter_invalid", "query")
        name, value = asked.groups()
        found = [i for i in self.books.intents.values() if i["metadata"].get(name) == value]
        page = self.books.page(found, fields, "/v1/payment_intents/search")
        return shown({**page, "object": "search_result"})

    def _customer(self, named: str) -> bool:
        return not named.startswith("cus_unknown") and named not in self.books.deleted

    async def _all(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.books.intents.values()))


def _wrong(fields: Mapping[str, Any]) -> web.Response | None:
    """Why an intent is not made."""
    amount = number(fields, "amount") or 0
    if not 0 < amount <= _MOST:
        return invalid("parameter_invalid_integer", "amount")
    currency = word(fields, "currency") or ""
    if not _CURRENCY.fullmatch(currency):
        return invalid("parameter_invalid", "currency")
    if amount % _STEPS.get(currency, 1):
        return invalid("invalid_charge_amount_no_decimal_compatible", "amount")
    if not (word(fields, "customer") or "").startswith("cus_"):
        return invalid("resource_missing", "customer")
    if not (word(fields, "payment_method") or "").startswith("pm_"):
        return invalid("resource_missing", "payment_method")
    if (fields.get("confirm"), fields.get("off_session")) != ("true", "true"):
        return invalid("parameter_missing", "confirm")
    return None
