"""Each function takes its recorded event, as `make invoke` sends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.invoke import invoke
from tests.e2e.world import World

pytestmark = pytest.mark.emulator
EVENTS = Path(__file__).parents[1] / "events"


def test_there_is_a_recorded_event_for_each_function(world: World) -> None:
    assert sorted(world.platform.outputs["functions"]) == sorted(p.stem for p in EVENTS.iterdir())


@pytest.mark.parametrize("event", sorted(EVENTS.iterdir()), ids=lambda path: path.stem)
def test_a_function_takes_its_recorded_event(world: World, event: Path) -> None:
    answered = invoke(world.platform.outputs, event.stem, event.read_bytes())

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

    assert [] == answered["batchItemFailures"]
    assert ["done"] == [result["status"] for result in answered["results"]]
    assert 1 == len(world.charges(json.loads(record["body"])["id"]))
