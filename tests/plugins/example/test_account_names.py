"""An instance of the Example gateway: its name is in its ids and in the address it gives away."""

from __future__ import annotations

import json
from typing import Any

from penstock.api import Delivery
from penstock.testing.clock import NOON
from penstock.testing.context import context
from penstock_example.gateway import ExampleGateway
from penstock_example.requesting import address
from penstock_example.settings import ExampleSettings

TOLD: dict[str, Any] = {
    "id": "n-1",
    "type": "payment.succeeded",
    "created_at": "2026-11-02T12:00:00Z",
    "data": {"id": "c-1"},
}


def test_its_notifications_are_of_its_own_payments():
    settings = ExampleSettings.model_validate({"request_uri": "https://bank.test/charges"})
    gateway = ExampleGateway(context(settings, name="example-2"))
    told = gateway.read(Delivery.of("example-2", {}, json.dumps(TOLD).encode(), NOON))

    assert ("example-2", "example-2", "example-2-c-1") == (gateway.name, told.gateway, told.entity)


def test_it_asks_the_mock_that_all_instances_share():
    settings = ExampleSettings.model_validate({"request_uri": "mock"})
    asked = address(context(settings, name="example-2"), "refunds")

    assert "https://penstock.test/mocks/example/refunds" == asked
