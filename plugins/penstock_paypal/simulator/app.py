"""The simulated PayPal, its parts joined."""

from __future__ import annotations

import re

from aiohttp import web

from penstock.api import Simulated
from penstock.testing.simulator import with_faults
from penstock_paypal.simulator.authority import NAME, Identity, pem
from penstock_paypal.simulator.billing import Billing
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.checkout import Checkout
from penstock_paypal.simulator.control import Control
from penstock_paypal.simulator.credentials import Credentials
from penstock_paypal.simulator.disputes import Disputes
from penstock_paypal.simulator.idempotency import idempotent
from penstock_paypal.simulator.invoicing import Invoicing
from penstock_paypal.simulator.misbehaviour import Misbehaviour
from penstock_paypal.simulator.notifications.deliveries import Carry, Deliveries
from penstock_paypal.simulator.notifications.history import History
from penstock_paypal.simulator.notifications.registry import Registry
from penstock_paypal.simulator.notifications.signer import Signer
from penstock_paypal.simulator.oauth import CERTIFICATES, OAuth
from penstock_paypal.simulator.pages import Pages
from penstock_paypal.simulator.payments import Payments
from penstock_paypal.simulator.refunding import Refunding
from penstock_paypal.simulator.webhooks import Webhooks
from penstock_paypal.simulator.wellformed import well_formed
from penstock_paypal.webhooks.door import CERT_NAME, CERT_URL


class PayPalSimulator:
    """
    A stand-in for PayPal.

    Attributes:
        app: the application that plays it.
        books: what it holds.
        registry: the webhooks that are registered.
        deliveries: announces events to them.
    """

    def __init__(
        self,
        identity: Identity,
        credentials: Credentials,
        books: Books | None = None,
        carry: Carry | None = None,
    ) -> None:
        self.books = books or Books()
        self.books.stock()
        self._identity = identity
        self._credentials = credentials
        self._signer = signer = Signer(self.books, identity)
        self.registry = Registry(credentials)
        self.deliveries = Deliveries(self.books, self.registry, signer, carry)
        news = News(self.books, self.deliveries.announce)
        checkout = Checkout(self.books, news)
        billing = Billing(self.books, news, checkout.dues)
        app = web.Application()
        OAuth(self.books, credentials).add_to(app)
        # Behind the token, as at PayPal: a stranger is not told what is wrong with a request.
        app.middlewares.extend(
            (well_formed, idempotent(self.books.clock, self.books.note_request))
        )
        Misbehaviour(self.books).add_to(app)
        for part in (
            billing,
            checkout,
            Payments(self.books),
            Refunding(self.books, self.deliveries.announce),
            Disputes(self.books),
            Invoicing(self.books),
            signer,
            self.registry,
            self.deliveries,
            History(self.books, self.registry, signer, self.deliveries),
            Webhooks(self.books, credentials, signer, self.deliveries),
            Pages(self.books, self.registry, self.deliveries),
            Control(self.books, billing.clock.move),
        ):
            part.add_to(app)
        self.app = with_faults(app, "paypal")

    def describe(self, url: str) -> Simulated:
        """What the platform must know to use it and to trust what it signs."""
        base = self._signer.url = url.rstrip("/")
        certificates = f"{re.escape(base + CERTIFICATES)}{CERT_NAME}"
        return Simulated(
            settings={"environment": "local"},
            registration="/_simulator/registration",
            secret={
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
                "webhook_id": self._credentials.webhook_id,
            },
            profile={
                "api_url": base,
                "activity_url": f"{base}/activity/payment/",
                "certificate_urls": certificates,
                "certificate_name": NAME,
                "anchors": pem(self._identity.authority.root).decode("ascii"),
                "intermediates": pem(self._identity.authority.intermediate).decode("ascii"),
                "door": {CERT_URL: certificates},
            },
        )
