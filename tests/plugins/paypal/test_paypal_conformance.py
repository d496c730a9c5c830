"""PayPal sits the conformance of every capability it claims, against its simulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from penstock.adapters.clock import SystemClock
from penstock.api import Delivery, InvoiceDraft, Money, Notification
from penstock.plugins import load
from penstock.testing.conformance import (
    Bench,
    ConfirmConformance,
    GatewayConformance,
    InvoicesConformance,
    WebhooksConformance,
)
from tests.plugins.paypal.conftest import Stage


class TestPayPal(GatewayConformance, WebhooksConformance, ConfirmConformance, InvoicesConformance):
    @pytest.fixture
    async def bench(self, stage: Stage) -> Bench:
        return Bench(
            load(["penstock_paypal"]).gateway("paypal"),
            environ={"PROVIDER_PAYPAL_ENVIRONMENT": "local"},
            secret=stage.told.secret,
            profile=stage.told.profile,
            clock=SystemClock(),
            http=stage.http,
        )

    @pytest.fixture
    async def genuine(self, stage: Stage, bench: Bench) -> Delivery:
        await stage.trigger()
        (delivery,) = stage.received
        assert bench.registration.door is not None
        door = bench.registration.door.headers
        headers = {name: delivery.headers[name] for name in door}
        return Delivery.of("paypal", headers, delivery.body, delivery.received_at)

    @pytest.fixture
    def now(self) -> datetime:
        return SystemClock().now()

    @pytest.fixture
    def notification(self, bench: Bench, genuine: Delivery) -> Notification:
        return bench.build().read(genuine)

    @pytest.fixture
    def invoice_draft(self, notification: Notification) -> InvoiceDraft:
        sale = notification.resource["id"]
        return InvoiceDraft(
            number=f"PS-{sale}",
            transaction=sale,
            amount=Money(1250, "USD"),
            item="Gold, monthly",
            recipient="buyer@example.com",
            paid_on=notification.occurred_at,
            payer_name="Ada Example",
        )

    @pytest.fixture
    def makes_invoices(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/v2/invoicing/invoices")
