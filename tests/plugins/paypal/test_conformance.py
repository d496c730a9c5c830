"""PayPal does what every gateway must, against its simulator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from penstock.adapters.clock import SystemClock
from penstock.api import Delivery, InvoiceDraft, Notification
from penstock.plugins import load
from penstock.testing.builders import invoice_draft as build_draft
from penstock.testing.conformance import (
    Bench,
    ConfirmConformance,
    GatewayConformance,
    InvoiceRefundsConformance,
    InvoicesConformance,
    RereadConformance,
    WebhooksConformance,
)
from penstock.testing.serving import Served, served
from penstock_paypal.simulator import build
from penstock_paypal.webhooks.door import DOOR


@dataclass
class Receiver:
    """Where the simulator's webhooks go."""

    now: datetime
    deliveries: list[Delivery] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in DOOR.headers}
        body = await request.read()
        self.deliveries.append(Delivery.of("paypal", headers, body, self.now))
        return web.Response()


class TestPayPal(
    GatewayConformance,
    WebhooksConformance,
    ConfirmConformance,
    RereadConformance,
    InvoicesConformance,
    InvoiceRefundsConformance,
):
    @pytest.fixture
    async def simulator(self, keys: Path) -> AsyncIterator[Served]:
        async with served(build(keys)) as simulator:
            yield simulator

    @pytest.fixture
    def bench(self, simulator: Served) -> Bench:
        return Bench(
            load(["penstock_paypal"]).gateway("paypal"),
            {"PROVIDER_PAYPAL_ENVIRONMENT": simulator.told.settings["environment"]},
            simulator.told.secret,
            simulator.told.profile,
            # The simulator signs at the time it is.
            SystemClock(),
            simulator.http,
        )

    @pytest.fixture
    def now(self) -> datetime:
        return SystemClock().now()

    @pytest.fixture
    async def genuine(self, simulator: Served, now: datetime) -> Delivery:
        receiver = Receiver(now)
        app = web.Application()
        app.router.add_post("/", receiver.take)
        async with TestServer(app) as server:
            await simulator.http.request(
                "POST",
                f"{simulator.url}/_simulator/webhooks",
                body=json.dumps({"target": str(server.make_url("/"))}).encode(),
            )
        (delivery,) = receiver.deliveries
        return delivery

    @pytest.fixture
    def notification(self, bench: Bench, genuine: Delivery) -> Notification:
        return bench.build().read(genuine)

    @pytest.fixture
    def invoice_draft(self, notification: Notification) -> InvoiceDraft:
        sale = notification.resource["id"]
        return build_draft(f"PS-{sale}", transaction=sale)

    @pytest.fixture
    def makes_invoices(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/v2/invoicing/invoices")

    @pytest.fixture
    def records_refunds(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/refunds")
