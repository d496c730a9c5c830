"""
A stand-in for Stripe.

    POST /v1/payment_intents              make and confirm one; see `intents` for the methods
    GET  /v1/payment_intents              a customer's, newest first
    GET  /v1/payment_intents/search       by metadata
    GET  /v1/payment_intents/{id}         how it stands
    POST /v1/refunds                      refund one, or a part
    GET  /v1/refunds                      a payment's, newest first
    GET  /v1/refunds/{id}                 how it stands
    GET  /v1/disputes                     about a payment, newest first
    GET  /v1/disputes/{id}                how it stands
    GET  /v1/subscriptions/{id}           how it stands
    GET  /v1/invoices                     a subscription's, newest first
    GET  /v1/invoice_payments             of a payment intent
    GET  /v1/events                       those of a span of time, newest first

    PUT  /_simulator/registration         {"url": …}: where webhooks are sent, on this machine
    POST /_simulator/webhooks             a sample, for `penstock trigger`
    GET  /_simulator/payment_intents      all of them, oldest first
    GET  /_simulator/refunds              likewise
    POST /_simulator/disputes/{id}        {"status": "won"}: it ends, or moves on
    POST /_simulator/subscriptions        see `subscriptions`

Every request needs the API key; a POST under an Idempotency-Key is done once. The faults of
`with_faults` make any answer late, lost or another one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from penstock.api import Simulated
from penstock.testing.samples import Samples
from penstock.testing.simulator import with_faults
from penstock_stripe.client import KEY
from penstock_stripe.simulator.books import Books
from penstock_stripe.simulator.disputes import Disputes
from penstock_stripe.simulator.idempotency import Idempotency
from penstock_stripe.simulator.intents import Intents
from penstock_stripe.simulator.notices import REGISTRATION, Notices
from penstock_stripe.simulator.refunds import Refunds
from penstock_stripe.simulator.renewals import Renewals
from penstock_stripe.simulator.samples import Made, concerned
from penstock_stripe.simulator.subscriptions import Subscriptions
from penstock_stripe.webhooks import SECRET


@dataclass(slots=True)
class StripeSimulator:
    """
    Stripe in memory.

    Attributes:
        machine: this machine's time; a test gives its own.
        letters: makes that many random bytes in hexadecimal; a test gives its own.
    """

    machine: Callable[[], datetime] = lambda: datetime.now(UTC)
    letters: Callable[[int], str] = secrets.token_hex
    app: web.Application = field(default_factory=web.Application)
    books: Books = field(init=False)
    gate: Idempotency = field(init=False)
    notices: Notices = field(init=False)
    intents: Intents = field(init=False)
    refunds: Refunds = field(init=False)
    disputes: Disputes = field(init=False)
    subscriptions: Subscriptions = field(init=False)
    renewals: Renewals = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.machine, self.letters)
        self.gate = Idempotency(f"sk_test_{self.letters(16)}", self.books.now)
        self.notices = Notices(self.books, f"whsec_{self.letters(16)}")
        self.books.told = self.notices.send
        self.disputes = Disputes(self.books)
        self.intents = Intents(self.books, self.disputes)
        self.refunds = Refunds(self.books)
        self.subscriptions = Subscriptions(self.books, self.intents)
        self.renewals = Renewals(self.books, self.subscriptions)
        parts = (
            self.intents,
            self.refunds,
            self.disputes,
            self.subscriptions,
            self.notices,
        )
        for part in parts:
            part.routes(self.app)
        made = Made(self.books, self.intents, self.refunds, self.disputes, self.subscriptions)
        Samples(made.by_type(), self.notices.signed, concerns=concerned).add_to(self.app)
        self.gate.add_to(self.app)
        with_faults(self.app, "stripe")

    def describe(self, url: str) -> Simulated:
        """What the plugin must be told to reach it."""
        return Simulated(
            settings={"api_url": url.rstrip("/")},
            secret={KEY: self.gate.key, SECRET: self.notices.secret},
            registration=REGISTRATION,
        )


def build(folder: Path) -> StripeSimulator:
    """The simulator; it keeps nothing on disk."""
    return StripeSimulator()
