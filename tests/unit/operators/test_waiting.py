"""A command waits for the effect of its intent, and no longer than it was told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.restriction import RestrictionKind
from penstock.operators.waiting import Calm, Until, wait_for
from penstock.testing.builders import payment
from penstock.testing.clock import NOON, LeapingClock

SECOND = timedelta(seconds=1)
CHARGE = OperationKind.charge


async def waited(until: Until, *operations: Operation, seconds: float = 10) -> tuple[bool, float]:
    """Whether it was reached, and after how many seconds."""
    clock, ledger = LeapingClock(), MemoryLedger()
    one = payment(operations=operations)
    decided = change(None, one, now=NOON, new_id=lambda: "event")
    await ledger.commit(decided)
    calm = await wait_for(ledger, clock, RestrictionKind.payment, one.id, until, seconds)

    assert decided.entity == calm.entity
    return calm.reached, (clock.now() - NOON).total_seconds()


def submitting(seconds: int) -> Operation:
    until = NOON + seconds * SECOND
    return Operation("op-1", CHARGE, OperationState.submitting, lease_until=until)


@pytest.mark.parametrize(
    ("operation", "came"),
    [
        (submitting(3), (True, 3)),
        (submitting(10), (True, 10)),
        (submitting(11), (False, 10)),
        (submitting(0), (True, 0)),
        (Operation("op-1", CHARGE), (True, 0)),
        (
            Operation("op-1", CHARGE, OperationState.pending, lease_until=NOON + 99 * SECOND),
            (True, 0),
        ),
        (
            Operation("op-1", CHARGE, OperationState.unknown, lease_until=NOON + 99 * SECOND),
            (True, 0),
        ),
    ],
)
async def test_a_call_that_is_being_made_is_waited_for(
    operation: Operation, came: tuple[bool, float]
) -> None:
    assert came == await waited(Until.nobody_at_it, operation)


@pytest.mark.parametrize(
    ("kind", "state", "reached"),
    [
        (CHARGE, OperationState.reserved, False),
        (CHARGE, OperationState.unknown, False),
        (CHARGE, OperationState.pending, True),
        (CHARGE, OperationState.succeeded, True),
        (OperationKind.refund, OperationState.reserved, False),
        (OperationKind.reread, OperationState.reserved, True),
        (OperationKind.checkout, OperationState.reserved, True),
    ],
)
async def test_what_was_held_is_waited_for_until_it_is_pending_or_has_ended(
    kind: OperationKind, state: OperationState, reached: bool
) -> None:
    operation = Operation("op-1", kind, state)

    assert reached is (await waited(Until.nothing_held, operation, seconds=2))[0]


@pytest.mark.parametrize(
    ("operation", "reached"),
    [
        (Operation("op-1", OperationKind.reread, due_at=NOON), False),
        (Operation("op-1", OperationKind.reread, due_at=NOON - SECOND), False),
        (Operation("op-1", OperationKind.reread, due_at=NOON + SECOND), True),
        (Operation("op-1", OperationKind.reread), True),
        (Operation("op-1", OperationKind.access, due_at=NOON), True),
        (
            Operation("op-1", OperationKind.reread, OperationState.succeeded, due_at=NOON),
            True,
        ),
    ],
)
async def test_what_is_due_to_be_asked_is_waited_for(operation: Operation, reached: bool) -> None:
    assert reached is (await waited(Until.nothing_due, operation, seconds=0))[0]


@pytest.mark.parametrize("kind", [RestrictionKind.payer, RestrictionKind.gateway])
async def test_there_is_nothing_to_look_at_for_a_payer_or_a_gateway(kind: RestrictionKind) -> None:
    found = await wait_for(MemoryLedger(), LeapingClock(), kind, "x", Until.nothing_due, 5)

    assert Calm(None, True) == found


@pytest.mark.parametrize("kind", [RestrictionKind.payment, RestrictionKind.subscription])
async def test_what_is_not_in_the_ledger_is_not_waited_for(kind: RestrictionKind) -> None:
    clock = LeapingClock()
    found = await wait_for(MemoryLedger(), clock, kind, "x", Until.nothing_due, 5)

    assert (Calm(None, True), NOON) == (found, clock.now())
