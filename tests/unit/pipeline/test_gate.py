"""The gate decides on a list of restrictions that is at most five seconds old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from inspect import signature

import pytest

from penstock.adapters.memory import MemoryRestrictions
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.pipeline.gate import Gate
from penstock.testing.builders import payment
from penstock.testing.clock import NOON, FrozenClock

HELD = payment("p1", gateway="acme")
CHARGE = Operation("op", OperationKind.charge)


class Counted(MemoryRestrictions):
    """Restrictions whose list is read so many times."""

    reads = 0

    async def list(self) -> Sequence[Restriction]:
        self.reads += 1
        return await super().list()


@pytest.mark.parametrize(
    ("seconds", "reads"), [(0, 1), (0.1, 1), (4.9, 1), (5, 2), (6, 2), (-0.1, 2), (-60, 2)]
)
async def test_the_list_is_read_again_once_it_is_five_seconds_old_or_from_the_future(
    seconds: float, reads: int
):
    listed, clock = Counted(), FrozenClock()
    gate = Gate(listed, clock)
    await gate(HELD)
    clock.advance(seconds)
    await gate(HELD)

    assert reads == listed.reads


@pytest.mark.parametrize(("restricted_at", "reads"), [(None, 1), (NOON, 2)])
async def test_what_was_held_before_is_judged_by_a_list_of_this_moment(
    restricted_at: object, reads: int
):
    """
    It may have been released just now.
    """
    listed, clock = Counted(), FrozenClock()
    gate = Gate(listed, clock)
    await gate(HELD)

    kept = await gate.kept(HELD, replace(CHARGE, restricted_at=restricted_at))  # type: ignore[arg-type]  # a moment

    assert (None, reads) == (kept, listed.reads)


async def test_what_is_restricted_is_noted_and_left_as_it_is():
    listed, clock = Counted(), FrozenClock()
    fraud = Restriction(RestrictionKind.gateway, "acme", NOON, "ada", "fraud")
    await listed.put(fraud)

    kept = await Gate(listed, clock).kept(HELD, CHARGE)

    assert kept is not None
    assert (NOON, NOON + timedelta(minutes=5), "held: the gateway is restricted") == (
        kept.restricted_at,
        kept.due_at,
        kept.reason,
    )
    assert [HELD.ref] == list(await listed.held(fraud.key, 10))


def test_a_gate_begins_without_a_list() -> None:
    assert ["restrictions", "clock"] == list(signature(Gate).parameters)
