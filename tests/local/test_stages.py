"""The live view reads the stages' log lines, and nothing else, out of a log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from local.stages import Follower, StageLine, parse

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def logged(**fields: object) -> str:
    """A line as a stage writes it."""
    return json.dumps({"event": "stage.finished", **fields})


def test_a_stages_line_is_shown_under_the_functions_name() -> None:
    fields = {"stage": "deliver", "entity": "pay-1", "outcome": "delivered", "ms": 3.2}

    assert StageLine(NOW, "deliver-slack", "pay-1", "delivered", 3.2) == parse(
        logged(**fields), NOW, "deliver-slack"
    )


def test_a_delivery_that_was_received_is_a_stages_line_too() -> None:
    fields = {"stage": "receive", "entity": "d92c", "outcome": "accepted", "ms": 0.3}

    assert StageLine(NOW, "receive", "d92c", "accepted", 0.3) == parse(
        json.dumps({"event": "delivery.received", **fields}), NOW
    )


def test_a_servers_line_names_the_sink_it_delivered_to() -> None:
    shown = parse(logged(stage="deliver", sink="slack", entity="pay-1", outcome="x"), NOW)

    assert shown is not None
    assert "deliver-slack" == shown.where


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: stage.finished",
        '{"event":"batch.not_postponed","because":"stage.finished"}',
        '{"event":"stage.finished"',
    ],
)
def test_any_other_line_is_left_out(line: str) -> None:
    assert parse(line, NOW) is None


@dataclass
class Logs:
    """The log of one function: each invocation writes a stream, when its turn comes."""

    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    class exceptions:
        class ResourceNotFoundException(Exception): ...

    def write(self, stream: str, second: int, *entities: str) -> None:
        for entity in entities:
            line = logged(stage="charge", entity=entity, outcome="succeeded")
            self.events.append(
                {"logStreamName": stream, "timestamp": second * 1000, "message": line}
            )
        self.events.sort(key=lambda one: one["timestamp"])

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        return {"events": self.events}


def test_a_line_that_is_written_late_among_others_is_shown_and_none_is_shown_twice() -> None:
    logs = Logs()
    follower = Follower(logs, {"charge": "penstock-local-charge"})
    logs.write("a", 5, "pay-1", "pay-2")
    first = follower.news()
    logs.write("b", 4, "pay-3")
    logs.write("a", 6, "pay-4")
    then = follower.news()

    assert ["pay-1", "pay-2"] == [line.entity for line in first]
    assert ["pay-3", "pay-4"] == [line.entity for line in then]
    assert [] == follower.news()
