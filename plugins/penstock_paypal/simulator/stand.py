"""The simulated PayPal as `penstock.simulation` plays it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from penstock.api import Clock, Money
from penstock.testing.stand import Ask, Entry, Letters, Webhook
from penstock_paypal import shapes
from penstock_paypal.money.refund import sale as refunded
from penstock_paypal.simulator.app import PayPalSimulator
from penstock_paypal.simulator.authority import Identity
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.credentials import CHOOSE, Credentials
from penstock_paypal.simulator.notifications.archive import Transmission

URL = "https://penstock.simulated/webhooks/paypal"
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_JSON = {"content-type": "application/json"}
_HOWS = {
    "approve": ("pay", "pay", "pay", "late", "pending"),
    "decline": ("declined", "denied", "refused"),
}


@dataclass(slots=True)
class PayPalStand:
    """The simulator, its buyers and its books."""

    simulator: PayPalSimulator
    plans: Sequence[str]
    references: Sequence[str] = ()
    sent: list[Webhook] = field(default_factory=list[Webhook])
    _decided: int = 0

    def webhooks(self) -> Sequence[Webhook]:
        """The webhooks made since the last call."""
        made, self.sent[:] = list(self.sent), []
        return made

    async def decide(self, approval_url: str, decision: str, ask: Ask) -> str | None:
        """Press a button of the page at that address."""
        self._decided += 1
        parts = urlsplit(approval_url)
        hows = _HOWS.get(decision, ("pay",))
        form = dict(parse_qsl(parts.query))
        form |= {"action": "cancel" if decision == "cancel" else "approve"}
        form |= {"how": hows[self._decided % len(hows)]}
        answer = await ask("POST", parts.path, _FORM, urlencode(form).encode())
        return answer.headers.get("location")

    async def time_passes(self, ask: Ask) -> None:
        """Play what has fallen due."""
        await ask("PUT", "/_simulator/clock", _JSON, b'{"ahead_seconds": 0}')

    async def happens(self, choose: Random, ask: Ask) -> None:
        """A dispute is opened or decided, or the merchant refunds at PayPal's own pages."""
        books = self.simulator.books
        open_ones = [one for one in books.disputes.values() if one.get("status") != "RESOLVED"]
        if open_ones and choose.random() < 0.6:
            told = {"resource.dispute_id": choose.choice(open_ones)["dispute_id"]}
            await self._trigger(ask, "CUSTOMER.DISPUTE.RESOLVED", told)
        elif paid := [*books.sales, *books.captures]:
            named = choose.choice(sorted(paid))
            told = {"resource.disputed_transactions.0.seller_transaction_id": named}
            await self._trigger(ask, "CUSTOMER.DISPUTE.CREATED", told)

    def books(self) -> Sequence[Entry]:
        """Captures, the sales of subscriptions, and refunds."""
        books = self.simulator.books
        captures = (one for one in books.captures.values() if one["status"] in _CAPTURED)
        sales = (one for one in books.sales.values() if one["state"] in _SOLD)
        refunds = (one for one in books.refunds.values() if _state(one) == "completed")
        return [
            *(Entry(one["id"], str(one.get("custom_id")), _money(one)) for one in captures),
            *(Entry(one["id"], one["billing_agreement_id"], _money(one)) for one in sales),
            *(Entry(one["id"], _of(one), _money(one), back=True) for one in refunds),
        ]

    def invoices(self) -> Mapping[str, Sequence[str]]:
        """The status of each invoice that was mailed and is not cancelled, by what was paid."""
        books = self.simulator.books
        found: dict[str, list[str]] = defaultdict(list)
        for one in books.invoices.values():
            words = set(re.findall(r"[A-Za-z0-9]+", json.dumps(one)))
            paid = words & (books.sales.keys() | books.captures.keys())
            if one["status"] not in ("CANCELLED", "DRAFT"):
                state = "open" if one["status"] in ("SENT", "PARTIALLY_PAID") else "paid"
                found[min(paid, default=one["id"])].append(state)
        return found

    def subscriptions(self) -> Mapping[str, str]:
        """The status of each subscription."""
        held = self.simulator.books.subscriptions
        return {identity: str(one["status"]).lower() for identity, one in held.items()}

    async def _trigger(self, ask: Ask, event_type: str, told: Mapping[str, Any]) -> None:
        order = {"target": URL, "event_type": event_type, "set": told}
        await ask("POST", "/_simulator/webhooks", _JSON, json.dumps(order).encode())


_CAPTURED = ("COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED")
_SOLD = ("completed", "refunded", "partially_refunded", "reversed")


def stand(clock: Clock, letters: Letters) -> PayPalStand:
    """PayPal on that clock, with those names."""
    CHOOSE.set(lambda some: some[int(letters(4), 16) % len(some)])
    books = Books(machine=clock.now)
    sent: list[Webhook] = []

    async def carry(transmission: Transmission) -> int:
        told = str(json.loads(transmission.body)["id"])
        sent.append(Webhook(told, _lower(transmission.headers), transmission.body))
        return 202

    credentials = Credentials("A-simulated", "of-no-use", "WEBHOOK-1")
    simulator = PayPalSimulator(_identity(clock.now()), credentials, books, carry)
    simulator.registry.register(URL)
    monthly = [one for one in books.plans if "YEARLY" not in one]
    return PayPalStand(simulator, monthly, sent=sent)


@cache
def _identity(now: datetime) -> Identity:
    # Making keys takes time, and no seed depends on them.
    return Identity.make(now)


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _state(refund: Document) -> str:
    return str(refund.get("state") or refund.get("status")).lower()


def _of(refund: Document) -> str:
    return refunded(refund) or ""


def _money(shown: Document) -> Money:
    amount = shapes.money(shown, "amount")
    if amount is None:
        raise ValueError("the books hold an amount that cannot be read")
    return amount
