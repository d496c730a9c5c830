"""AcmePay passes the conformance tests of all that it can do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from acmepay.gateway import SECRET, SIGNATURE, signature

from penstock.api import Delivery, MalformedDelivery, Money, PaymentStatus, Unconfirmable
from penstock.plugins import load
from penstock.testing import (
    NOON,
    Bench,
    GatewayConformance,
    ObservesConformance,
    WebhooksConformance,
    delivery,
)

KEY = "a signing key for tests"
PAYMENT = {
    "id": "pay_1",
    "minor": 1250,
    "currency": "USD",
    "reference": "order-4711",
    "at": NOON.isoformat(),
}


def changed(**fields: object) -> Delivery:
    """A signed webhook whose payment has other fields."""
    told = {"id": "evt_1", "type": "payment.succeeded", "payment": {**PAYMENT, **fields}}
    body = json.dumps(told).encode()
    return delivery(body, {SIGNATURE: signature(body, KEY)}, gateway="acmepay")


class TestAcmePay(GatewayConformance, WebhooksConformance, ObservesConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(load(["acmepay"]).gateway("acmepay"), secret={SECRET: KEY})

    @pytest.fixture
    def genuine(self) -> Delivery:
        return changed()

    @pytest.fixture
    def now(self) -> datetime:
        return NOON

    @pytest.fixture
    def paid(self) -> Callable[[Money], Delivery]:
        return lambda amount: changed(minor=amount.minor, currency=amount.currency)

    def test_a_webhook_says_what_was_paid(self, bench: Bench, genuine: Delivery) -> None:
        gateway = bench.build()
        seen = gateway.observe(gateway.read(genuine))

        assert (PaymentStatus.succeeded, 1250, "USD", "order-4711") == (
            seen.status,
            seen.transaction.amount.minor,
            seen.transaction.amount.currency,
            seen.reference,
        )

    @pytest.mark.parametrize("minor", [12.7, True, "1250", None])
    def test_an_amount_is_a_whole_number_of_minor_units(self, bench: Bench, minor: object) -> None:
        gateway = bench.build()
        told = gateway.read(changed(minor=minor))

        with pytest.raises(Unconfirmable):
            gateway.observe(told)

    @pytest.mark.parametrize("at", ["2026-11-02T12:00:00", "2026-11-02", "noon", 1, None])
    def test_a_time_has_its_offset(self, bench: Bench, at: object) -> None:
        with pytest.raises(MalformedDelivery):
            bench.build().read(changed(at=at))
