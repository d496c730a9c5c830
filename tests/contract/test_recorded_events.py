"""
The recorded events of `make invoke`, each what its function really gets.

`<function>.json`, and `<function>.<what>.json` for another event of that function.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from penstock.adapters.aws.messages import message_from_record
from penstock.api import EntityKind, Lifecycle
from penstock.contracts import load
from penstock.domain.delivery import Delivery, Notification
from penstock.domain.events import Event
from penstock.pipeline.orders import ChargeMessage, load_message
from penstock.settings import Function

EVENTS = Path(__file__).parents[1] / "events"
READERS = {
    "verify": Delivery.loads,
    "process": Notification.loads,
    "process.subscription": Notification.loads,
    "charge": ChargeMessage.loads,
    "charge.refund": load_message,
    "deliver-slack": Event.loads,
    "deliver-email": Event.loads,
}


def read(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text("utf-8"))


def test_every_function_has_a_recorded_event():
    recorded = {re.split("[-.]", path.stem)[0] for path in EVENTS.glob("*.json")}

    assert {"receive", *(function.value for function in Function)} == recorded


@pytest.mark.parametrize("name", READERS)
def test_a_batch_holds_what_its_stage_reads(name: str):
    (record,) = read(name)["Records"]
    message = message_from_record(record)

    assert READERS[name](message.body)
    assert message.group == record["attributes"]["MessageGroupId"]


def test_a_recorded_subscription_notification_says_what_happened():
    (record,) = read("process.subscription")["Records"]
    notification = Notification.loads(message_from_record(record).body)

    assert (EntityKind.subscription, Lifecycle.activated) == (
        notification.kind,
        notification.says,
    )


@pytest.mark.parametrize(
    "name",
    [
        "receive",
        "api",
        "api.refund",
        "merchant",
        "merchant.subscribe",
        "merchant.checkout",
        "operate",
    ],
)
def test_a_request_is_for_an_operation_of_that_function(name: str):
    event = read(name)
    operation = load().by_route(event["routeKey"])

    assert operation is not None
    assert name.partition(".")[0] == operation.function
    assert event["routeKey"] == event["requestContext"]["routeKey"]


def test_every_recorded_event_is_looked_at():
    requests = {
        "receive",
        "api",
        "api.refund",
        "merchant",
        "merchant.subscribe",
        "merchant.checkout",
        "operate",
    }

    assert {*READERS, *requests, "sweep", "gaps", "renew"} == {
        path.stem for path in EVENTS.glob("*.json")
    }
