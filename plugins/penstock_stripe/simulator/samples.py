"""The webhooks that the simulated Stripe sends when asked; each is about something it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.testing.samples import Sample
from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.disputes import Disputes
from penstock_stripe.simulator.intents import Intents
from penstock_stripe.simulator.refunds import Refunds
from penstock_stripe.simulator.subscriptions import Subscriptions

_ORDER = {"amount": "1250", "currency": "eur", "customer": "cus_sample"}


@dataclass(frozen=True, slots=True)
class Made:
    """
    Makes samples.

    A sample's object is the one that is held, not a copy: what `--set` changes of the webhook,
    the API shows, too.
    """

    books: Books
    intents: Intents
    refunds: Refunds
    disputes: Disputes
    subscriptions: Subscriptions

    def by_type(self) -> Mapping[str, Sample]:
        """What makes a sample, by the event's type; the first is sent where none is named."""
        return {
            "payment_intent.succeeded": self._paid,
            "payment_intent.payment_failed": self._failed,
            "charge.refunded": self._refunded,
            "charge.dispute.created": self._disputed,
            "customer.subscription.created": self._subscribed,
        }

    def _paid(self, type: str) -> dict[str, Any]:
        intent = self._intent()
        self.intents.pay(intent)
        return self.books.event(type, intent)

    def _failed(self, type: str) -> dict[str, Any]:
        intent = self._intent()
        self.intents.fail(intent, "card_declined", "insufficient_funds")
        return self.books.event(type, intent)

    def _refunded(self, type: str) -> dict[str, Any]:
        intent = self._intent()
        self.intents.pay(intent)
        refund = self.refunds.move(intent, intent["amount"], {})
        return self.books.event(type, self.books.charges[refund["charge"]])

    def _disputed(self, type: str) -> dict[str, Any]:
        intent = self._intent()
        self.intents.pay(intent)
        return self.books.event(type, self.disputes.begin(intent))

    def _subscribed(self, type: str) -> dict[str, Any]:
        return self.books.event(type, self.subscriptions.begin(trial_days=14))

    def _intent(self) -> Shown:
        return self.intents.make({**_ORDER, "payment_method": "pm_card_visa"})


def concerned(event: Mapping[str, Any]) -> tuple[str, str]:
    """What a webhook of ours is about."""
    about = event["data"]["object"]
    match about["object"]:
        case "charge" | "refund":
            return "payment", str(about["payment_intent"])
        case "dispute" | "subscription" as kind:
            return kind, str(about["id"])
        case _:
            return "payment", str(about["id"])
