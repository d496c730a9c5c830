"""What falls due at the simulated Stripe: periods that end, and payments that are tried again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.subscriptions import Subscriptions

_AGAIN = 3 * 24 * 3600
_MOST_ATTEMPTS = 4
"""After so many a subscription is cancelled, as Stripe's settings for failed payments say."""


@dataclass(slots=True)
class Renewals:
    """
    Bills subscriptions as time passes; a failed payment is tried again at the same intent.

    Attributes:
        failing: how many more attempts at a subscription's payments are declined, by its id.
    """

    books: Books
    subscriptions: Subscriptions
    failing: Counter[str] = field(default_factory=Counter[str])

    def settle(self) -> None:
        """Do what is due by now."""
        for one in list(self.books.subscriptions.values()):
            owed = self._owed(one)
            if one["status"] == "canceled":
                continue
            if owed is not None:
                self._again(one, owed)
            elif one["items"]["data"][0]["current_period_end"] <= self.books.seconds():
                self.subscriptions.bill(one, fails=self._fails(one))

    def _owed(self, one: Shown) -> Shown | None:
        invoice = self.books.invoices.get(one["latest_invoice"] or "")
        return invoice if invoice is not None and invoice["status"] == "open" else None

    def _again(self, one: Shown, invoice: Shown) -> None:
        if invoice["next_payment_attempt"] > self.books.seconds():
            return
        payment = invoice["payments"]["data"][0]["payment"]
        intent = self.books.intents[payment["payment_intent"]]
        invoice["attempt_count"] += 1
        if not self._fails(one):
            self.subscriptions.paid(one, intent, invoice)
            return
        last = invoice["attempt_count"] == _MOST_ATTEMPTS
        invoice["next_payment_attempt"] = None if last else self.books.seconds() + _AGAIN
        self.subscriptions.unpaid(one, intent, invoice)
        if last:
            self.subscriptions.cancel(one)

    def _fails(self, one: Shown) -> bool:
        left = self.failing[one["id"]]
        self.failing[one["id"]] = max(0, left - 1)
        return left > 0
