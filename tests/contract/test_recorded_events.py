"""The recorded events of `make invoke`: one a function, each what the function really gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.adapters.aws import message_from_record
from penstock.contracts import load
from penstock.domain.delivery import Delivery, Notification
from penstock.domain.events import Event
from penstock.pipeline.orders import ChargeMessage
from penstock.settings import Function

EVENTS = Path(__file__).parents[1] / "events"
READERS = {
    "verify": Delivery.loads,
    "process": Notification.loads,
    "charge": ChargeMessage.loads,
    "deliver-slack": Event.loads,
    "deliver-email": Event.loads,
}


def read(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text("utf-8"))


def test_every_function_has_a_recorded_event():
    recorded = {path.stem.partition("-")[0] for path in EVENTS.glob("*.json")}

    assert {"receive", *(function.value for function in Function)} == recorded


@pytest.mark.parametrize("name", READERS)
def test_a_batch_holds_what_its_stage_reads(name: str):
    (record,) = read(name)["Records"]
    message = message_from_record(record)

    READERS[name](message.body)
    assert message.group == record["attributes"]["MessageGroupId"]


@pytest.mark.parametrize("name", ["receive", "api", "merchant"])
def test_a_request_is_for_an_operation_of_that_function(name: str):
    event = read(name)
    operation = load().by_route(event["routeKey"])

    assert operation is not None
    assert name == operation.function
    assert event["routeKey"] == event["requestContext"]["routeKey"]
