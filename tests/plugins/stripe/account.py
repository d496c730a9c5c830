"""A simulated account at Stripe, and what tests ask of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from penstock.api import ChargeRequest, Delivery, Money, Order, Payer
from penstock.plugins import load
from penstock.testing import NOON, Bench
from penstock.testing.serving import served
from penstock_stripe.simulator import StripeSimulator

ADA = Payer("cus_ada", "Ada Lovelace", "ada@example.test")
PAYMENT = f"pay-{'0' * 31}1"
CONFIGURED = {"PROVIDER_STRIPE_API_URL": "https://stripe.test"}


@dataclass(frozen=True, slots=True)
class Account:
    """The simulator, and the bench that builds a gateway which reaches it."""

    simulator: StripeSimulator
    bench: Bench = field(repr=False)

    @property
    def gateway(self) -> Any:
        """A gateway of this account."""
        return self.bench.build()

    def last(self, type: str) -> Delivery:
        """The newest webhook of a type, as it is sent."""
        events = self.simulator.books.events
        return self.sent(next(one for one in reversed(events) if one["type"] == type))

    def pays(self) -> Delivery:
        """A customer pays on a page of Stripe's; the webhook of it."""
        intent = self.simulator.intents.make(
            {"amount": "1250", "currency": "eur", "customer": "cus_ada"}
        )
        self.simulator.intents.pay(intent)
        self.simulator.books.tell("payment_intent.succeeded", intent)
        return self.last("payment_intent.succeeded")

    def sent(self, event: Mapping[str, Any]) -> Delivery:
        """A webhook that holds an event."""
        body = json.dumps(event).encode()
        signed = {name.lower(): v for name, v in self.simulator.notices.signed(body).items()}
        return Delivery.of("stripe", signed, body, NOON)


@asynccontextmanager
async def account() -> AsyncIterator[Account]:
    """An account whose clock stands at noon, served until the block ends."""
    simulator = StripeSimulator(machine=lambda: NOON)
    async with served(simulator) as running:
        environ = {"PROVIDER_STRIPE_API_URL": running.told.settings["api_url"]}
        registration = load(["penstock_stripe"]).gateway("stripe")
        bench = Bench(registration, environ, running.told.secret, http=running.http)
        yield Account(simulator, bench)


def charge(
    operation_id: str = "op-1",
    amount: Money | None = None,
    *,
    method: str = "pm_card_visa",
    payer: Payer | None = ADA,
    payment_id: str = PAYMENT,
    **rest: Any,
) -> ChargeRequest:
    """A charge of 12.50 dollars to Ada's card."""
    metadata = {"payment_method": method, "team": "blue"}
    order = Order(amount or Money(1250, "USD"), payer=payer, metadata=metadata, **rest)
    return ChargeRequest(operation_id, payment_id, order)
