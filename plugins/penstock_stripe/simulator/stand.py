"""The simulated Stripe as `penstock.simulation` plays it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from penstock.api import Clock, Money
from penstock.testing.stand import Ask, Entry, Letters, Stand, Webhook
from penstock_stripe.simulator import StripeSimulator
from penstock_stripe.simulator.books import Shown

_OPEN = ("needs_response", "under_review")
_INQUIRY = "warning_needs_response"
_STATUS = {
    "trialing": "active",
    "active": "active",
    "past_due": "active",
    "canceled": "cancelled",
}


@dataclass
class StripeStand(Stand):
    """The simulator, its buyers' banks, what people do in the dashboard, and its books."""

    simulator: StripeSimulator
    references: Sequence[str] = (
        "pm_usBankAccount_success",
        "pm_usBankAccount_insufficientFunds",
        "pm_card_visa_chargeDeclined",
        "pm_card_authenticationRequired",
        "pm_card_pendingRefund",
        "pm_card_refundFail",
    )
    meddles: bool = True
    retries: bool = True
    _taken: int = 0

    def order(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Each payer is a customer; an odd reference is the payment method."""
        reference = order["reference"]
        method = reference if reference in self.references else "pm_card_visa"
        payer = {**order["payer"], "reference": f"cus_{order['payer']['reference']}"}
        return {**order, "payer": payer, "metadata": {"payment_method": method}}

    def webhooks(self) -> Sequence[Webhook]:
        """The events since the last call."""
        events = self.simulator.books.events
        made = [self._webhook(one) for one in islice(events, self._taken, None)]
        self._taken = len(events)
        return made

    async def time_passes(self, ask: Ask) -> None:
        """Bank debits are decided, pending refunds sent, and subscriptions billed."""
        for intent in list(self.simulator.books.intents.values()):
            self.simulator.intents.settle(intent)
        for refund in list(self.simulator.books.refunds.values()):
            self.simulator.refunds.settle(refund)
        self.simulator.renewals.settle()

    async def happens(self, choose: Random, ask: Ask) -> None:
        """Banks, customers and people in the dashboard do something."""
        ways = (self._dispute, self._decide, self._send_back, self._end)
        # Few renew within the weeks of a seed, so many begin, and many payments fail.
        often = (self._subscribe, self._subscribe, self._fail, self._fail)
        choose.choice((*often, *ways))(choose)

    def _dispute(self, choose: Random) -> None:
        """A bank disputes a payment, or only asks about it."""
        books = self.simulator.books
        whole = [one for one in self._paid() if _is_whole(books.charges[one["latest_charge"]])]
        if whole:
            self.simulator.disputes.open(choose.choice(whole), inquiry=choose.random() < 0.2)

    def _decide(self, choose: Random) -> None:
        """A dispute moves on, or ends."""
        held = self.simulator.books.disputes.values()
        able = [one for one in held if one["status"] in (*_OPEN, _INQUIRY)]
        if able:
            one = choose.choice(able)
            is_inquiry = one["status"] == _INQUIRY
            ways = ("warning_closed",) if is_inquiry else ("won", "won", "lost", "under_review")
            self.simulator.disputes.move(one, choose.choice(ways))

    def _send_back(self, choose: Random) -> None:
        """Somebody refunds a payment in the dashboard, or a part of it."""
        charges = self.simulator.books.charges
        left = {
            one["id"]: charge["amount"] - charge["amount_refunded"]
            for one in self._paid()
            if not (charge := charges[one["latest_charge"]])["disputed"]
        }
        able = [of for of, minor in left.items() if minor > 0]
        if able:
            of = choose.choice(able)
            amount = choose.choice((left[of], choose.randint(1, left[of])))
            self.simulator.refunds.make(self.simulator.books.intents[of], amount, {})

    def _subscribe(self, choose: Random) -> None:
        """A customer subscribes on a page of Stripe's."""
        self.simulator.subscriptions.open(choose.choice((0, 0, 7)))

    def _end(self, choose: Random) -> None:
        """A subscription is cancelled."""
        if able := self._running():
            self.simulator.subscriptions.cancel(choose.choice(able))

    def _fail(self, choose: Random) -> None:
        """The next payments of a subscription are declined, once or until it ends."""
        if able := self._running():
            self.simulator.renewals.failing[choose.choice(able)["id"]] = choose.randint(1, 4)

    def _running(self) -> list[Shown]:
        held = self.simulator.books.subscriptions.values()
        return [one for one in held if one["status"] != "canceled"]

    def _paid(self) -> list[Shown]:
        held = self.simulator.books.intents.values()
        return [one for one in held if one["status"] == "succeeded"]

    def books(self) -> Sequence[Entry]:
        """Charges, the payments of subscriptions, refunds, and what banks took back."""
        books = self.simulator.books
        billed = _billed(books.invoices.values())
        sent = [one for one in books.refunds.values() if one["status"] == "succeeded"]
        taken = [one for one in books.disputes.values() if len(one["balance_transactions"]) % 2]
        return [
            *(_taken(one, billed.get(one["id"])) for one in self._paid()),
            *(_entry(one, one["payment_intent"], back=True) for one in (*sent, *taken)),
        ]

    def done(self, operation_id: str) -> str | None:
        """What the operation's metadata is at: an intent that is paid, or a refund."""
        books = self.simulator.books
        sent = (one for one in books.refunds.values() if one["status"] != "failed")
        made = (*self._paid(), *sent)
        return next(
            (
                str(one["id"])
                for one in made
                if one["metadata"].get("penstock_operation") == operation_id
            ),
            None,
        )

    def subscriptions(self) -> Mapping[str, str]:
        """The status of each subscription."""
        held = self.simulator.books.subscriptions.values()
        return {one["id"]: _STATUS[one["status"]] for one in held}

    def _webhook(self, event: Shown) -> Webhook:
        body = json.dumps(event).encode()
        headers = {"content-type": "application/json"}
        return Webhook(event["id"], headers, body, partial(self._signed, body))

    def _signed(self, body: bytes) -> Mapping[str, str]:
        return {name.lower(): v for name, v in self.simulator.notices.signed(body).items()}


def stand(clock: Clock, letters: Letters) -> StripeStand:
    """Stripe on that clock, with those names."""
    return StripeStand(StripeSimulator(clock.now, letters))


def _is_whole(charge: Shown) -> bool:
    """Whether nothing of a payment was sent back or disputed."""
    return not charge["amount_refunded"] and not charge["disputed"]


def _billed(invoices: Iterable[Shown]) -> Mapping[str, str]:
    """What subscription each intent of an invoice pays for."""
    return {
        payment["payment"]["payment_intent"]: one["parent"]["subscription_details"]["subscription"]
        for one in invoices
        for payment in one["payments"]["data"]
    }


def _taken(intent: Shown, subscription: str | None) -> Entry:
    """A payment; a subscription's pays from when its intent was made, however late it was."""
    if subscription is None:
        return _entry(intent, intent["metadata"]["penstock_payment"])
    made = datetime.fromtimestamp(intent["created"], UTC)
    return replace(_entry(intent, subscription), since=made)


def _entry(shown: Shown, of: str, *, back: bool = False) -> Entry:
    return Entry(shown["id"], of, Money(shown["amount"], shown["currency"].upper()), back)
