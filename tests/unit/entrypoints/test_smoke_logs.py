"""`penstock smoke` finds the lines of its payment in logs, whatever this machine's clock says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from penstock.entrypoints.cli.smoke import logs
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.cli.trial import Proof, Trial
from penstock.testing.clock import NOON, FrozenClock


def said(status: str) -> str:
    return json.dumps({"stage": "charge", "entity": "smoke-1", "status": status})


class Passing(FrozenClock):
    """A clock on which a sleep lets the time pass."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


@dataclass
class Logged:
    """
    CloudWatch Logs with what a stage said.

    Attributes:
        at: when it was said, by the clock of CloudWatch Logs.
        shown: how many seconds after the effects each status can be read.
    """

    at: datetime = NOON
    shown: Mapping[str, float] = field(default_factory=lambda: {"done": 0.0})
    clock: Passing = field(default_factory=Passing)

    @property
    def clients(self) -> Logged:
        return self

    async def call(self, service: str, operation: str, **asked: Any) -> Any:
        if asked["startTime"] / 1000 > self.at.timestamp():
            return {"events": []}
        passed = (self.clock.now() - NOON).total_seconds()
        there = [status for status, after in self.shown.items() if after <= passed]
        return {"events": [{"message": said(status)} for status in there]}


async def proof_of(world: Logged) -> Proof:
    """What the log of `charge` proves when the time for the effects is up."""
    stack = Stack("dev", {"settings": {}, "functions": {"charge": "penstock-dev-charge"}})
    trial = Trial(stack, cast("Any", world), "example", "smoke-1", NOON, NOON)
    (proof,) = [one async for one in logs(trial)]
    return proof


@pytest.mark.parametrize(
    ("behind", "found"), [(-1, True), (0, True), (240, True), (300, True), (301, False)]
)
async def test_a_line_is_found_though_this_machines_clock_is_ahead(behind: int, found: bool):
    proof = await proof_of(Logged(NOON - timedelta(seconds=behind)))

    assert found is proof.ok


@pytest.mark.parametrize(
    ("shown", "ok", "told"),
    [
        ({"done": 25}, True, "smoke-1: done"),
        ({"retry": 0, "done": 25}, True, "smoke-1: done"),
        ({"retry": 0}, False, "smoke-1: retry"),
        ({"done": 60}, False, "has no smoke-1"),
    ],
    ids=["late", "a retry first", "a retry only", "too late"],
)
async def test_a_line_that_comes_late_is_waited_for_though_the_effects_took_all_the_time(
    shown: dict[str, float], ok: bool, told: str
):
    proof = await proof_of(Logged(shown=shown))

    assert (ok, told) == (proof.ok, proof.said)
