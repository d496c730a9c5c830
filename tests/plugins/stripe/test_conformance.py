"""Stripe does what every gateway must, against its simulator."""

from __future__ import annotations

from datetime import datetime

import pytest

from penstock.api import ChargeRequest, Delivery, Money, Notification, RefundRequest
from penstock.testing.clock import NOON
from penstock.testing.conformance import (
    Bench,
    ChargesConformance,
    ConfirmConformance,
    GatewayConformance,
    HistoryConformance,
    LookupConformance,
    RefundsConformance,
    RereadConformance,
    SubscriptionPaymentsConformance,
    SubscriptionsConformance,
    WebhooksConformance,
)
from penstock.testing.conformance.subscriptions import TakePayment
from tests.plugins.stripe.account import PAYMENT, Account, charge


class TestStripe(
    GatewayConformance,
    WebhooksConformance,
    ChargesConformance,
    LookupConformance,
    RefundsConformance,
    ConfirmConformance,
    RereadConformance,
    SubscriptionsConformance,
    SubscriptionPaymentsConformance,
    HistoryConformance,
):
    @pytest.fixture
    def bench(self, stripe_account: Account) -> Bench:
        return stripe_account.bench

    @pytest.fixture
    def charge_request(self) -> ChargeRequest:
        return charge()

    @pytest.fixture
    def declined_request(self) -> ChargeRequest:
        return charge("op-9", method="pm_card_visa_chargeDeclined")

    @pytest.fixture
    async def genuine(self, stripe_account: Account) -> Delivery:
        await stripe_account.gateway.charge(charge("op-0"))
        return stripe_account.last("payment_intent.succeeded")

    @pytest.fixture
    def notification(self, stripe_account: Account) -> Notification:
        # A payment of ours is read again by the step that paid it; this one is by its own id.
        return stripe_account.gateway.read(stripe_account.pays())

    @pytest.fixture
    async def refund_request(self, stripe_account: Account) -> RefundRequest:
        charged = await stripe_account.gateway.charge(charge("op-0"))
        return RefundRequest("re-0", PAYMENT, charged.reference, Money(500, "USD"))

    @pytest.fixture
    def subscription(self, stripe_account: Account) -> str:
        return str(stripe_account.simulator.subscriptions.open()["id"])

    @pytest.fixture
    def take_payment(self, stripe_account: Account) -> TakePayment:
        async def take(reference: str) -> None:
            simulator = stripe_account.simulator
            simulator.subscriptions.bill(simulator.books.subscriptions[reference])

        return take

    @pytest.fixture
    def unknown_subscription(self) -> str:
        return "sub_unknown"

    @pytest.fixture
    def now(self) -> datetime:
        return NOON
