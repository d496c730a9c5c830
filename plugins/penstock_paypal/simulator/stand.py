"""The simulated PayPal as `penstock.simulation` plays it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from penstock.api import Clock, Money
from penstock.testing.stand import Ask, Entry, Letters, Stand, Webhook
from penstock_paypal import shapes
from penstock_paypal.money.refund import sale as refunded
from penstock_paypal.simulator.app import PayPalSimulator
from penstock_paypal.simulator.authority import Identity
from penstock_paypal.simulator.billing.charges import outstanding
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.credentials import CHOOSE, Credentials
from penstock_paypal.simulator.notifications.archive import Transmission

URL = "https://penstock.simulated/webhooks/paypal"
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_JSON = {"content-type": "application/json"}
_HOWS = {
    "approve": ("pay", "pay", "pay", "late", "pending", "denied"),
    "decline": ("declined", "denied", "refused"),
}


@dataclass
class PayPalStand(Stand):
    """The simulator, its buyers and its books."""

    simulator: PayPalSimulator
    plans: Sequence[str]
    meddles: bool = True
    sent: list[Webhook] = field(default_factory=list[Webhook])
    _decided: int = 0
    _seen: int = 0
    _reversed: dict[str, None] = field(default_factory=dict[str, None])

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
        """Play what has fallen due, and have some buyers pay an invoice that they can pay."""
        await ask("PUT", "/_simulator/clock", _JSON, b'{"ahead_seconds": 0}')
        for one in list(self.simulator.books.invoices.values()):
            if one["status"] == "SENT":
                self._seen += 1
                if self._seen % 3 == 0:
                    await ask("POST", f"/_simulator/invoices/{one['id']}/pay", _JSON, b"")

    async def happens(self, choose: Random, ask: Ask) -> None:
        """Banks and people move money at PayPal: disputes, reversals, payments that fail."""
        ways = (self._dispute, self._reverse, self._restore, self._fail)
        await choose.choice(ways)(choose, ask)

    async def _dispute(self, choose: Random, ask: Ask) -> None:
        books = self.simulator.books
        open_ones = [one for one in books.disputes.values() if one.get("status") != "RESOLVED"]
        if open_ones and choose.random() < 0.6:
            told = {"resource.dispute_id": choose.choice(open_ones)["dispute_id"]}
            await self._trigger(ask, "CUSTOMER.DISPUTE.RESOLVED", told)
        elif paid := [*books.sales, *books.captures]:
            named = choose.choice(sorted(paid))
            told = {"resource.disputed_transactions.0.seller_transaction_id": named}
            await self._trigger(ask, "CUSTOMER.DISPUTE.CREATED", told)

    async def _reverse(self, choose: Random, ask: Ask) -> None:
        """A bank takes back some of what is left of a payment, or all of it."""
        paid = {one.id: one.amount for one in self.books() if not one.back}
        left = {of: amount.minor for of, amount in paid.items()}
        for one in self.books():
            if one.back and one.of in left:
                left[one.of] -= one.amount.minor
        able = sorted(of for of, minor in left.items() if minor > 0)
        if not able:
            return
        of = choose.choice(able)
        taken = choose.choice((left[of], choose.randint(1, left[of])))
        is_sale = of in self.simulator.books.sales
        told: dict[str, Any] = {
            f"resource.{'sale' if is_sale else 'capture'}_id": of,
            "resource.amount": _shown(Money(taken, paid[of].currency), older=is_sale),
        }
        kind = "SALE" if is_sale else "CAPTURE"
        self._reversed.update(await self._made(ask, f"PAYMENT.{kind}.REVERSED", told))

    async def _restore(self, choose: Random, ask: Ask) -> None:
        """The bank gives back what it took."""
        refunds = self.simulator.books.refunds
        able = [one for one in self._reversed if _state(refunds[one]) == "completed"]
        if able:
            one = choose.choice(able)
            told = {
                "resource.id": one,
                "resource.capture_id": _of(refunds[one]),
                "resource.amount": _shown(_money(refunds[one]), older=False),
            }
            await self._trigger(ask, "PAYMENT.REFUND.FAILED", told)

    async def _fail(self, choose: Random, ask: Ask) -> None:
        """The next payments of a subscription fail."""
        if held := sorted(self.simulator.books.subscriptions):
            where = f"/_simulator/subscriptions/{choose.choice(held)}/payments"
            how = {"next": choose.choice(("fail", "denied")), "times": choose.randint(1, 4)}
            await ask("POST", where, _JSON, json.dumps(how).encode())

    def books(self) -> Sequence[Entry]:
        """Captures, the sales of subscriptions, and refunds."""
        books = self.simulator.books
        captures = (one for one in books.captures.values() if one["status"] in _CAPTURED)
        sales = (one for one in books.sales.values() if one["state"] in _SOLD)
        refunds = (one for one in books.refunds.values() if _state(one) == "completed")
        return [
            *(Entry(one["id"], str(one.get("custom_id")), _money(one)) for one in captures),
            *(
                Entry(
                    one["id"],
                    one["billing_agreement_id"],
                    _money(one),
                    since=books.late.get(one["id"]),
                )
                for one in sales
            ),
            *(Entry(one["id"], _of(one), _money(one), back=True) for one in refunds),
        ]

    def done(self, operation_id: str) -> str | None:
        """What was made under the operation's id as a request id: a refund or a payment."""
        books = self.simulator.books
        made = books.requested.get(operation_id)
        if made in books.refunds:
            return made if _state(books.refunds[made]) == "completed" else None
        return made if made in books.sales else None

    def invoices(self) -> Mapping[str, Sequence[str]]:
        """The status of each invoice that is not cancelled, by what was paid."""
        found: dict[str, list[str]] = defaultdict(list)
        for one in self.simulator.books.invoices.values():
            if one["status"] != "CANCELLED":
                state = "twice" if _by_the_buyer(one) else _INVOICES.get(one["status"], "paid")
                found[one["detail"]["reference"]].append(state)
        return found

    def recorded_back(self) -> Mapping[str, int]:
        """What is recorded as refunded on invoices, by what was paid."""
        return {
            one["detail"]["reference"]: back.minor
            for one in self.simulator.books.invoices.values()
            if (back := shapes.money(one, "refunds", "refund_amount")) is not None
        }

    def owing(self) -> Sequence[str]:
        """The subscriptions with an outstanding balance."""
        held = self.simulator.books.subscriptions
        able = ("ACTIVE", "SUSPENDED")
        return [one for one in held if outstanding(held[one]) and held[one]["status"] in able]

    def subscriptions(self) -> Mapping[str, str]:
        """The status of each subscription."""
        held = self.simulator.books.subscriptions
        return {identity: str(one["status"]).lower() for identity, one in held.items()}

    async def _made(self, ask: Ask, event_type: str, told: Mapping[str, Any]) -> dict[str, None]:
        """The ids of the refunds that an event brings, in order."""
        before = set(self.simulator.books.refunds)
        await self._trigger(ask, event_type, told)
        return {one: None for one in self.simulator.books.refunds if one not in before}

    async def _trigger(self, ask: Ask, event_type: str, told: Mapping[str, Any]) -> None:
        order = {"target": URL, "event_type": event_type, "set": told}
        await ask("POST", "/_simulator/webhooks", _JSON, json.dumps(order).encode())


_INVOICES = {"DRAFT": "draft", "SENT": "open", "PARTIALLY_PAID": "open"}
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


def _by_the_buyer(invoice: Document) -> bool:
    listed = invoice.get("payments", {}).get("transactions", ())
    return any(one.get("type") == "PAYPAL" for one in listed)


def _shown(money: Money, *, older: bool) -> Document:
    newer = shapes.amount(money)
    if older:
        return {"total": newer["value"], "currency": newer["currency_code"]}
    return dict(newer)


def _money(shown: Document) -> Money:
    amount = shapes.money(shown, "amount")
    if amount is None:
        raise ValueError("the books hold an amount that cannot be read")
    return amount
