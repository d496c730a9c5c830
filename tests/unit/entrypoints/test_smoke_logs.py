"""`penstock smoke` finds the lines of its payment in logs, whatever this machine's clock says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from penstock.entrypoints.cli.smoke import logs
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.cli.trial import Trial
from penstock.testing.clock import NOON, FrozenClock

LINE = json.dumps({"stage": "charge", "entity": "smoke-1", "status": "done"})


@dataclass
class Logged:
    """CloudWatch Logs with one line."""

    at: datetime
    clock: FrozenClock = field(default_factory=FrozenClock)

    @property
    def clients(self) -> Logged:
        return self

    async def call(self, service: str, operation: str, **asked: Any) -> Any:
        begins = asked["startTime"] / 1000
        return {"events": [{"message": LINE}] if begins <= self.at.timestamp() else []}


@pytest.mark.parametrize(
    ("behind", "found"), [(-1, True), (0, True), (240, True), (300, True), (301, False)]
)
async def test_a_line_is_found_though_this_machines_clock_is_ahead(behind: int, found: bool):
    world = Logged(NOON - timedelta(seconds=behind))
    stack = Stack("dev", {"settings": {}, "functions": {"charge": "penstock-dev-charge"}})
    trial = Trial(stack, cast("Any", world), "example", "smoke-1", NOON, NOON)
    (proof,) = [one async for one in logs(trial)]

    assert found is proof.ok
