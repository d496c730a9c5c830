"""What the Example gateway's notifications mean."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import (
    EntityKind,
    Lifecycle,
    MalformedDelivery,
    Money,
    Observation,
    Unconfirmable,
)
from penstock.testing.builders import delivery
from penstock.testing.context import context
from penstock_example.gateway import ExampleGateway
from penstock_example.settings import ExampleSettings

AT = "2026-11-02T12:00:00+00:00"
PAYMENT = {
    "id": "pay_1",
    "subscription": "sub_1",
    "minor": 1250,
    "currency": "USD",
    "status": "succeeded",
    "at": AT,
    "reference": "order-7",
}


@pytest.fixture
def gateway() -> ExampleGateway:
    settings = ExampleSettings.model_validate({"request_uri": "https://gateway.test/charges"})
    return ExampleGateway(context(settings))


def told(type: str, data: dict[str, Any], **rest: Any) -> Any:
    body = {"id": "evt_1", "type": type, "created_at": AT, "data": data, **rest}
    return delivery(json.dumps(body).encode())


@pytest.mark.parametrize("fact", list(Lifecycle))
def test_a_lifecycle_fact_is_read_with_its_moment(gateway: ExampleGateway, fact: Lifecycle):
    read = gateway.read(told(f"subscription.{fact}", {"id": "sub_1", "status_at": AT}))

    assert (EntityKind.subscription, "example-sub_1") == (read.kind, read.entity)
    assert (fact, datetime(2026, 11, 2, 12, tzinfo=UTC)) == (read.says, read.status_at)


def test_a_renewal_is_no_fact_of_its_own(gateway: ExampleGateway):
    read = gateway.read(told("subscription.renewed", {"id": "sub_1"}))

    assert ("example-sub_1", None, None) == (read.entity, read.says, read.status_at)


def test_what_is_new_to_us_concerns_nothing(gateway: ExampleGateway):
    assert gateway.read(told("weather.changed", {"id": "w_1"})).entity is None


def test_a_payment_is_believed(gateway: ExampleGateway):
    read = gateway.read(told("payment.succeeded", PAYMENT))
    seen = gateway.observe(read)

    assert (EntityKind.payment, "example-pay_1") == (read.kind, read.entity)
    assert isinstance(seen, Observation)
    assert (Money(1250, "USD"), "sub_1") == (seen.transaction.amount, seen.subscription)


@pytest.mark.parametrize(
    "wrong",
    [
        {"minor": "12.50"},
        {"currency": "dollars"},
        {"status": "fine"},
        {"at": "2026-11-02T12:00:00"},
        {"subscription": "../x"},
        {"subscription": None},
    ],
)
def test_a_payment_that_cannot_be_read_is_parked(gateway: ExampleGateway, wrong: dict[str, Any]):
    read = gateway.read(told("payment.succeeded", PAYMENT))

    with pytest.raises(Unconfirmable):
        gateway.observe(replace(read, resource={**PAYMENT, **wrong}))


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("subscription.activated", {"id": "sub_1"}),
        ("subscription.activated", {"id": "sub_1", "status_at": "2026-11-02T12:00:00"}),
        ("subscription.activated", {"id": "a b", "status_at": AT}),
        ("payment.succeeded", {}),
    ],
)
def test_what_lacks_its_moment_or_its_id_is_malformed(
    gateway: ExampleGateway, type: str, data: dict[str, Any]
):
    with pytest.raises(MalformedDelivery):
        gateway.read(told(type, data))
