"""`resolve --operation ID`: each kind of operation is found by its id, and resolved or refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import CommandRefused
from penstock.operators.resolving import Outcome, Resolve
from penstock.queries.operations import FindOperation
from tests.unit.operators.resolving import (
    SEEN,
    audited,
    lost_capture,
    lost_collection,
    lost_invoice,
    lost_record,
    lost_refund,
    parked,
)
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.owing import owing

Kind = OperationKind


async def collection() -> Any:
    desk, _ = await lost_collection()
    return desk


BY_HAND: Mapping[Kind, Callable[[], Awaitable[Any]]] = {
    Kind.charge: parked,
    Kind.capture: lost_capture,
    Kind.refund: lost_refund,
    Kind.invoice: lost_invoice,
    Kind.invoice_refunds: lost_record,
    Kind.collect: collection,
}
"""The kinds that a person resolves, and a world in which one of them is in doubt."""
BY_ITSELF = sorted(set(Kind) - set(BY_HAND))
"""The sweep asks about these again, or does them again, until it has an answer."""


async def in_doubt(world: Any, kind: Kind) -> tuple[Ref, Operation]:
    for entity in list(world.ledger._entities.values()):
        for one in entity.operations:
            if one.kind is kind:
                return entity.ref, one
    raise AssertionError(f"no {kind}")


@pytest.mark.parametrize("kind", BY_HAND)
async def test_one_in_doubt_is_found_and_resolved_by_its_id(kind: Kind):
    world = await BY_HAND[kind]()
    ref, operation = await in_doubt(world, kind)
    found = await FindOperation(world.ledger, world.clock)(operation.id, 31)
    command = Resolve(
        world.ledger, world.clock, world.ids, audited(world), {"acme": rules.Abilities()}
    )
    done = await command(ref, Outcome.failed, SEEN, operation_id=operation.id)

    assert ref == found
    assert (kind, OperationState.declined) == (done.operation.kind, done.operation.state)


@pytest.mark.parametrize("kind", BY_ITSELF)
async def test_one_that_is_asked_about_by_itself_is_found_and_refused(kind: Kind):
    world = await parked()
    before = await payment(world)
    lost = Operation(f"o-{kind}", kind, OperationState.unknown, attempts=1)
    held = replace(before, operations=(*before.operations, lost))
    await world.ledger.commit(change(before, held, now=world.clock.now(), new_id=world.ids.new))
    found = await FindOperation(world.ledger, world.clock)(lost.id, 31)
    command = Resolve(
        world.ledger, world.clock, world.ids, audited(world), {"acme": rules.Abilities()}
    )
    with pytest.raises(CommandRefused, match=f"a {kind} is not resolved by hand"):
        await command(before.ref, Outcome.failed, SEEN, operation_id=lost.id)

    assert before.ref == found


async def test_a_parked_refund_of_an_old_payment_is_found_by_its_event():
    world = await lost_refund()
    ref, operation = await in_doubt(world, Kind.refund)

    assert ref == await FindOperation(world.ledger, world.clock)(operation.id, 7)


async def test_what_nobody_holds_is_not_found_and_each_entity_is_looked_at_once():
    world, looked = await parked(), list[int]()
    find = FindOperation(world.ledger, world.clock)

    assert None is await find("o-9", 31, looked.append)
    assert {1} == set(looked)


async def test_an_operation_that_is_due_is_found_at_a_subscription():
    desk = await owing()
    held = await desk.subscription()
    access = held.operation(OperationKind.access)

    assert access is not None
    assert held.ref == await FindOperation(desk.ledger, desk.clock)(access.id, 1)
    assert EntityKind.subscription is held.ref.kind
