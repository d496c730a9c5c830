"""The Example gateway does what every gateway must, against its simulator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest

from penstock.api import ChargeRequest, Delivery, Money, RefundRequest, SubscriptionRequest
from penstock.plugins import load
from penstock.testing.builders import charge_request, delivery, subscription_request
from penstock.testing.clock import NOON
from penstock.testing.conformance import (
    Bench,
    ChargesConformance,
    CheckoutConformance,
    GatewayConformance,
    HistoryConformance,
    LookupConformance,
    ManagesSubscriptionsConformance,
    ObservesConformance,
    PlansConformance,
    RefundsConformance,
    SubscriptionPaymentsConformance,
    SubscriptionsConformance,
    WebhooksConformance,
)
from penstock.testing.serving import Served, served
from penstock_example.notifying import SIGNATURE, signature
from penstock_example.simulator import build
from tests.plugins.example.buying import Buyer


class TestExample(
    GatewayConformance,
    HistoryConformance,
    SubscriptionPaymentsConformance,
    ChargesConformance,
    LookupConformance,
    RefundsConformance,
    PlansConformance,
    SubscriptionsConformance,
    ManagesSubscriptionsConformance,
    CheckoutConformance,
    WebhooksConformance,
    ObservesConformance,
):
    @pytest.fixture
    async def simulator(self, tmp_path: Path) -> AsyncIterator[Served]:
        async with served(build(tmp_path)) as simulator:
            yield simulator

    @pytest.fixture
    def bench(self, simulator: Served) -> Bench:
        return Bench(
            load(["penstock_example"]).gateway("example"),
            {"PROVIDER_EXAMPLE_REQUEST_URI": simulator.told.settings["request_uri"]},
            simulator.told.secret,
            http=simulator.http,
        )

    @pytest.fixture
    def declined_request(self) -> ChargeRequest:
        return charge_request(reference="decline")

    @pytest.fixture
    def paid(self, simulator: Served) -> Callable[[Money], Delivery]:
        at = NOON.isoformat()
        payment = {"id": "py_1", "subscription": "sub_1", "status": "succeeded", "at": at}

        def told(amount: Money) -> Delivery:
            data = {**payment, "minor": amount.minor, "currency": amount.currency}
            event = {"id": "evt_1", "type": "payment.succeeded", "created_at": at, "data": data}
            body = json.dumps(event).encode()
            signed = {SIGNATURE: signature(body, simulator.told.secret["signing_key"])}
            return delivery(body, signed, gateway="example")

        return told

    @pytest.fixture
    async def refund_request(self, bench: Bench) -> RefundRequest:
        charged = await bench.build().charge(charge_request())
        return RefundRequest("re-0", "p-1", charged.reference, Money(500, "USD"))

    @pytest.fixture
    async def buyer(self, simulator: Served) -> AsyncIterator[Buyer]:
        async with aiohttp.ClientSession() as http:
            yield Buyer(simulator.url, http)

    @pytest.fixture
    def plan_ids(self) -> list[str]:
        return ["plan-monthly", "plan-trial", "plan-yearly", "plan-old"]

    @pytest.fixture
    def subscription_request(self) -> SubscriptionRequest:
        return subscription_request("plan-trial")

    @pytest.fixture
    def other_plan(self) -> str:
        return "plan-yearly"

    @pytest.fixture
    def approve(self, buyer: Buyer) -> Callable[[str], Awaitable[None]]:
        return buyer.approve

    @pytest.fixture
    def approve_checkout(self, buyer: Buyer) -> Callable[[str], Awaitable[None]]:
        return buyer.approve

    @pytest.fixture
    def take_payment(self, buyer: Buyer) -> Callable[[str], Awaitable[None]]:
        return buyer.pay

    @pytest.fixture
    async def subscription(self, bench: Bench, buyer: Buyer) -> str:
        opened = await bench.build().create_subscription(
            subscription_request("plan-trial", "op-0")
        )
        await buyer.approve(opened.approval_url)
        return opened.reference

    @pytest.fixture
    async def genuine(self, subscription: str, buyer: Buyer) -> Delivery:
        await buyer.pay(subscription)
        (paid,) = [one for one in await buyer.notifications() if b"payment.succeeded" in one.body]
        return paid

    @pytest.fixture
    def now(self) -> datetime:
        return NOON
