"""Events that are published in a test, against their schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from penstock.adapters.memory import MemoryQueue
from penstock.contracts import load
from penstock.ports import Outgoing


class CheckedQueue(MemoryQueue):
    """A queue of events, which takes only those that keep to `contracts/events`."""

    async def send(self, message: Outgoing) -> None:
        """
        Keep an event.

        Raises:
            AssertionError: it breaks its schema, or has none; says which and where.
        """
        keep_to_contract(message.body)
        await super().send(message)


def keep_to_contract(text: str) -> None:
    """
    Check one event.

    Raises:
        AssertionError: it breaks its schema, or has none; says which and where.
    """
    event = json.loads(text)
    kind = event.get("type")
    schema = _schemas().get(kind)
    assert schema is not None, f"contracts/events has no schema of {kind}"
    wrong = [
        f"{'/'.join(map(str, one.instance_path))}: {one.message}"
        for one in schema.iter_errors(event)
    ]
    assert not wrong, f"{kind} breaks its schema: {'; '.join(wrong)}"


@cache
def _schemas() -> Mapping[str, jsonschema_rs.Draft202012Validator]:
    paths = load().folder.glob("events/**/*.json")
    read: list[Any] = [json.loads(path.read_text("utf-8")) for path in paths]
    registry = jsonschema_rs.Registry([(one["$id"], one) for one in read])
    return {
        one["$id"].rpartition(":")[2]: jsonschema_rs.Draft202012Validator(
            one, registry=registry, validate_formats=True
        )
        for one in read
    }
