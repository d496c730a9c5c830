"""Each function takes its recorded event, as `make invoke` sends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.invoke import invoke
from tests.e2e.world import World

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
EVENTS = Path(__file__).parents[1] / "events"


def test_there_is_a_recorded_event_for_each_function(world: World) -> None:
    recorded = {_function(path) for path in EVENTS.iterdir()}

    assert set(world.platform.outputs["functions"]) == recorded


@pytest.mark.parametrize("event", sorted(EVENTS.iterdir()), ids=lambda path: path.stem)
def test_a_function_takes_its_recorded_event(world: World, event: Path) -> None:
    answered = invoke(world.platform.outputs, _function(event), event.read_bytes())

    assert not answered.broke, answered.payload
    assert json.loads(answered.payload)


def test_a_recorded_delivery_passes_the_door(world: World) -> None:
    event = (EVENTS / "receive.json").read_bytes()
    answered = json.loads(invoke(world.platform.outputs, "receive", event).payload)

    assert 202 == answered["statusCode"]


def test_a_recorded_payment_message_is_charged(world: World) -> None:
    event = (EVENTS / "charge.json").read_bytes()
    (record,) = json.loads(event)["Records"]
    answered = json.loads(invoke(world.platform.outputs, "charge", event).payload)

    assert {"batchItemFailures": []} == answered
    assert 1 == len(world.charges(json.loads(record["body"])["id"]))


@pytest.mark.parametrize(
    ("name", "status"), [("merchant", 200), ("merchant.subscribe", 201), ("operate", 200)]
)
def test_a_recorded_request_of_a_client_is_answered(world: World, name: str, status: int) -> None:
    event = (EVENTS / f"{name}.json").read_bytes()
    answered = json.loads(invoke(world.platform.outputs, name.partition(".")[0], event).payload)

    assert status == answered["statusCode"], answered


def test_a_recorded_subscription_notification_is_processed(world: World) -> None:
    event = (EVENTS / "process.subscription.json").read_bytes()
    answered = json.loads(invoke(world.platform.outputs, "process", event).payload)

    assert [] == answered["batchItemFailures"]


def _function(event: Path) -> str:
    """`process.subscription.json` is another event of the function `process`."""
    return event.stem.partition(".")[0]
