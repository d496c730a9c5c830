"""PayPal does what every gateway must, against its simulator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestServer

from penstock.adapters.clock import SystemClock
from penstock.api import (
    CollectRequest,
    Delivery,
    InvoiceDraft,
    Money,
    Notification,
    RefundRequest,
    Subscribed,
    SubscriptionRequest,
)
from penstock.plugins import load
from penstock.testing.builders import invoice_draft as build_draft
from penstock.testing.builders import subscription_request as build_request
from penstock.testing.conformance import (
    Bench,
    CheckoutConformance,
    CollectsConformance,
    ConfirmConformance,
    GatewayConformance,
    HistoryConformance,
    InvoiceRefundsConformance,
    InvoicesConformance,
    ManagesSubscriptionsConformance,
    PlansConformance,
    RefundsConformance,
    RereadConformance,
    SubscriptionPaymentsConformance,
    SubscriptionsConformance,
    WebhooksConformance,
)
from penstock.testing.serving import Served, served
from penstock_paypal.simulator import build
from penstock_paypal.simulator.stock import PLANS, PRODUCT
from penstock_paypal.subscriptions.plans import A_PAGE
from penstock_paypal.webhooks.door import DOOR

MONTHLY, YEARLY = PLANS[0]["id"], PLANS[1]["id"]


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
    HistoryConformance,
    SubscriptionPaymentsConformance,
    WebhooksConformance,
    ConfirmConformance,
    RereadConformance,
    RefundsConformance,
    InvoicesConformance,
    InvoiceRefundsConformance,
    PlansConformance,
    SubscriptionsConformance,
    ManagesSubscriptionsConformance,
    CheckoutConformance,
    CollectsConformance,
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
    def refund_request(self, notification: Notification) -> RefundRequest:
        return RefundRequest(
            "re-0", "paypal-1", notification.resource["id"], Money(500, "USD"), note="sorry"
        )

    @pytest.fixture
    def sends_back(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/refund")

    @pytest.fixture
    def makes_invoices(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/v2/invoicing/invoices")

    @pytest.fixture
    def records_refunds(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/refunds")

    @pytest.fixture
    async def plan_ids(self, simulator: Served) -> Sequence[str]:
        """More than one page of PayPal's holds."""
        own = [await _plan(simulator, number) for number in range(A_PAGE)]
        return [*(plan["id"] for plan in PLANS), *own]

    @pytest.fixture
    def subscription_request(self) -> SubscriptionRequest:
        return build_request(MONTHLY)

    @pytest.fixture
    def other_plan(self) -> str:
        return YEARLY

    @pytest.fixture
    def approve(self, simulator: Served) -> Callable[[str], Awaitable[None]]:
        async def approve(address: str) -> None:
            page, _, query = address.partition("?")
            answer = await simulator.http.request(
                "POST",
                page,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=f"{query}&how=pay".encode(),
            )
            assert 303 == answer.status

        return approve

    @pytest.fixture
    def approve_checkout(
        self, approve: Callable[[str], Awaitable[None]]
    ) -> Callable[[str], Awaitable[None]]:
        return approve

    @pytest.fixture
    def moves_checkouts(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and not url.endswith("/oauth2/token")

    @pytest.fixture
    async def subscription(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        approve: Callable[[str], Awaitable[None]],
    ) -> str:
        opened = await bench.build().create_subscription(subscription_request)
        assert isinstance(opened, Subscribed)
        await approve(opened.approval_url)
        return opened.reference

    @pytest.fixture
    def take_payment(self, simulator: Served) -> Callable[[str], Awaitable[None]]:
        async def take(_: str) -> None:
            ahead = {"ahead_seconds": timedelta(days=32).total_seconds()}
            await _call(simulator, "PUT", "/_simulator/clock", ahead)

        return take

    @pytest.fixture
    async def collect_request(self, simulator: Served, subscription: str) -> CollectRequest:
        owed = {"billing_info.outstanding_balance": {"currency_code": "USD", "value": "9.90"}}
        await _call(
            simulator, "POST", "/_simulator/books", [["subscriptions", subscription, owed]]
        )
        return CollectRequest("co-0", subscription, Money(990, "USD"), "the card was replaced")

    @pytest.fixture
    def collects_money(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and url.endswith("/capture")

    @pytest.fixture
    def changes_subscriptions(self) -> Callable[[str, str], bool]:
        return lambda method, url: method == "POST" and not url.endswith("/oauth2/token")


async def _plan(simulator: Served, number: int) -> str:
    """A plan that the merchant made; its id."""
    granted = await simulator.http.request(
        "POST",
        f"{simulator.url}/v1/oauth2/token",
        headers={
            "User-Agent": "a test",
            "Authorization": encode_basic_auth(
                simulator.told.secret["client_id"], simulator.told.secret["client_secret"]
            ),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=b"grant_type=client_credentials",
    )
    token = json.loads(granted.body)["access_token"]
    made = await _call(
        simulator,
        "POST",
        "/v1/billing/plans",
        {
            "product_id": PRODUCT["id"],
            "name": f"Own {number}",
            "billing_cycles": PLANS[0]["billing_cycles"],
            "payment_preferences": {},
        },
        Authorization=f"Bearer {token}",
        PayPal_Request_Id=f"plan-{number}",
    )
    return made["id"]


async def _call(
    simulator: Served, method: str, path: str, body: object, **headers: str
) -> dict[str, Any]:
    answer = await simulator.http.request(
        method,
        f"{simulator.url}{path}",
        headers={
            # Not what the plugin sends, so not held to contracts/providers.
            "User-Agent": "a test",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body=json.dumps(body).encode(),
    )
    assert answer.status < 300, answer.status
    return json.loads(answer.body)
