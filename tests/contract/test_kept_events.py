"""What is published in a test is held to its schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from penstock.testing.kept_events import CheckedQueue
from tests.contract.event_schemas import example


def sent(**changes: Any) -> Outgoing:
    event = example("payment.on_hold")
    event["data"] |= changes
    return Outgoing(json.dumps(event), group="g", dedup="d")


async def test_an_event_that_keeps_to_its_schema_is_taken() -> None:
    queue = CheckedQueue(FrozenClock())

    await queue.send(sent())

    assert 1 == len(await queue.receive(10, 0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hold": 12}, "payment.on_hold breaks its schema: data/hold"),
        ({"payment_id": ""}, "payment.on_hold breaks its schema: data/payment_id"),
    ],
)
async def test_an_event_that_breaks_its_schema_is_refused_by_its_field(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        await CheckedQueue(FrozenClock()).send(sent(**changes))


async def test_an_event_without_a_schema_is_refused() -> None:
    event = {**example("payment.on_hold"), "type": "payment.vanished"}

    with pytest.raises(AssertionError, match=r"no schema of payment\.vanished"):
        await CheckedQueue(FrozenClock()).send(Outgoing(json.dumps(event), group="g", dedup="d"))
