"""The simulated Stripe as `penstock.simulation` plays it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from penstock.api import Clock, Money
from penstock.testing.stand import Ask, Entry, Letters, Stand, Webhook
from penstock_stripe.simulator import StripeSimulator
from penstock_stripe.simulator.books import Shown

_SETTLES = "pm_usBankAccount_success"
_OPEN = ("needs_response", "under_review")


@dataclass
class StripeStand(Stand):
    """The simulator, its buyers' banks and its books."""

    simulator: StripeSimulator
    references: Sequence[str] = (
        _SETTLES,
        "pm_card_visa_chargeDeclined",
        "pm_card_authenticationRequired",
        "pm_card_pendingRefund",
    )
    meddles: bool = True
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
        """Bank debits are paid, and pending refunds sent."""
        for intent in list(self.simulator.books.intents.values()):
            self.simulator.intents.settle(intent)
        for refund in list(self.simulator.books.refunds.values()):
            self.simulator.refunds.settle(refund)

    async def happens(self, choose: Random, ask: Ask) -> None:
        """A bank disputes a payment, or a dispute ends."""
        books = self.simulator.books
        open_ones = [one for one in books.disputes.values() if one["status"] in _OPEN]
        if open_ones:
            dispute = choose.choice(open_ones)
            self.simulator.disputes.move(dispute, choose.choice(("won", "under_review")))
            return
        whole = [one for one in books.intents.values() if _is_whole(books.charges, one)]
        if whole:
            self.simulator.disputes.open(choose.choice(whole))

    def books(self) -> Sequence[Entry]:
        """Charges, refunds, and what banks took back."""
        books = self.simulator.books
        paid = [one for one in books.intents.values() if one["status"] == "succeeded"]
        sent = [one for one in books.refunds.values() if one["status"] == "succeeded"]
        taken = [one for one in books.disputes.values() if len(one["balance_transactions"]) % 2]
        return [
            *(_entry(one, one["metadata"]["penstock_payment"]) for one in paid),
            *(_entry(one, one["payment_intent"], back=True) for one in (*sent, *taken)),
        ]

    def done(self, operation_id: str) -> str | None:
        """What the operation's metadata is at: an intent that is paid, or a refund."""
        books = self.simulator.books
        paid = (one for one in books.intents.values() if one["status"] == "succeeded")
        made = (*paid, *books.refunds.values())
        return next(
            (
                str(one["id"])
                for one in made
                if one["metadata"].get("penstock_operation") == operation_id
            ),
            None,
        )

    def _webhook(self, event: Shown) -> Webhook:
        body = json.dumps(event).encode()
        headers = {"content-type": "application/json"}
        return Webhook(event["id"], headers, body, partial(self._signed, body))

    def _signed(self, body: bytes) -> Mapping[str, str]:
        return {name.lower(): v for name, v in self.simulator.notices.signed(body).items()}


def stand(clock: Clock, letters: Letters) -> StripeStand:
    """Stripe on that clock, with those names."""
    return StripeStand(StripeSimulator(clock.now, letters))


def _is_whole(charges: Mapping[str, Shown], intent: Shown) -> bool:
    """Whether a payment is paid, and nothing of it was sent back or disputed."""
    charge = charges.get(intent["latest_charge"] or "")
    if charge is None or intent["status"] != "succeeded":
        return False
    return not charge["amount_refunded"] and not charge["disputed"]


def _entry(shown: Shown, of: str, *, back: bool = False) -> Entry:
    return Entry(shown["id"], of, Money(shown["amount"], shown["currency"].upper()), back)
