"""Messages of payments.fifo: a charge without an action, other actions by their operation."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import MissingCapability
from penstock.pipeline.batch import Handled, Status
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.keys import dedup_id
from penstock.pipeline.orders import Action, ActionMessage
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import NOON
from tests.unit.pipeline.charging import payment, send
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.world import World, message

REFUND = ActionMessage("p1", "acme", Action.refund, "op-1")


@dataclass
class Noted:
    """A stage that notes what it is asked."""

    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, asked: ActionMessage) -> Handled:
        self.asked.append(f"run {asked.operation}")
        return Handled(asked.id, "done")

    async def resume(self, payment: Payment, operation: Operation) -> Payment:
        self.asked.append(f"resume {operation.id}")
        return payment


async def reserved(world: World, operation: Operation) -> Payment:
    """A paid payment that holds the operation besides its charge."""
    await send(world)
    await world.consume(world.payments, world.dispatch)
    paid = await payment(world)
    with_it = replace(paid, operations=paid.replacing(operation))
    now = world.clock.now()
    await world.ledger.commit(change(paid, with_it, now=now, new_id=world.ids.new))
    return await payment(world)


def refund(world: World, **fields: object) -> Operation:
    return replace(
        Operation("op-1", OperationKind.refund, due_at=world.clock.now()),
        **fields,  # pyright: ignore[reportArgumentType]  # names are the test's own
    )


async def test_a_message_without_an_action_is_a_charge():
    world = World()
    await send(world)

    await world.consume(world.payments, world.dispatch)

    assert 1 == len(world.acme.charges)


async def test_an_action_is_run_by_its_own_stage():
    world, noted = World(), Noted()
    dispatch = Dispatch(world.charge, {Action.refund: noted})

    await dispatch(message(REFUND.dumps()))

    assert (["run op-1"], 0) == (noted.asked, world.acme.charge_calls)


@pytest.mark.parametrize("collects", [True, False])
async def test_a_collection_is_run_by_its_own_stage_where_there_is_one(collects: bool):
    world, noted, collecting = World(), Noted(), Noted()
    collect = collecting if collects else None
    dispatch = Dispatch(world.charge, {Action.refund: noted}, collect)
    collection = replace(REFUND, action=Action.collect, operation="op-2")

    await dispatch(message(REFUND.dumps()))
    with nullcontext() if collects else pytest.raises(MissingCapability, match="collect is not"):
        await dispatch(message(collection.dumps()))

    assert (["run op-1"], ["run op-2"] * collects) == (noted.asked, collecting.asked)


async def test_an_unknown_action_is_parked_with_the_actions_that_are_known():
    world = World()
    body = json.dumps({"id": "p1", "provider": "acme", "action": "steal", "operation": "op-1"})
    await world.payments.send(Outgoing(body, group="p1", dedup="d"))

    (result,) = await world.consume(world.payments, world.dispatch)

    assert Status.parked is result.status
    assert "it must be one of charge, refund, capture, void, collect" in (result.error or "")
    assert "steal" not in (result.error or "")


async def test_an_action_that_this_version_does_not_run_is_parked_with_the_remedy():
    with pytest.raises(MissingCapability, match="void is not run by this version; deploy"):
        await World().dispatch(message(replace(REFUND, action=Action.void).dumps()))


async def test_a_handed_over_operation_is_owned_by_its_message():
    world = World()
    held = await reserved(world, refund(world))

    await world.hand_over(held, refund(world))

    (sent,) = await world.drain(world.payments)
    noted = (await payment(world)).operation_by_id("op-1")
    assert (REFUND.dumps(), "p1", None) == (sent.body, sent.group, noted and noted.due_at)


@pytest.mark.parametrize(("conflicts", "tries", "noted"), [(2, 3, True), (3, 3, False)])
async def test_that_a_message_was_sent_is_noted_though_others_write_or_left_to_the_sweep(
    conflicts: int, tries: int, noted: bool
):
    world = World()
    held = await reserved(world, refund(world))
    ledger = Contended(world, conflicts)
    world.wrap = lambda port: ledger if port is world.ledger else port

    await world.hand_over(held, refund(world))

    operation = (await payment(world)).operation_by_id("op-1")
    assert operation is not None
    assert (tries, noted) == (ledger.tries, operation.due_at is None)


async def test_what_became_of_an_operation_meanwhile_is_not_written_over():
    """
    Its message is consumed before the sender has noted that it was sent.
    """
    world = World()
    held = await reserved(world, refund(world))
    begun = refund(world).submit(world.clock.now(), timedelta(seconds=25))
    now = world.clock.now()
    after = held.with_operation(begun)
    await world.ledger.commit(change(held, after, now=now, new_id=world.ids.new))

    await world.hand_over(held, refund(world))

    assert begun == (await payment(world)).operation_by_id("op-1")


@pytest.mark.parametrize(
    "fields",
    [
        {"due_at": None},
        {"due_at": NOON, "state": OperationState.unknown},
        {"due_at": None, "state": OperationState.unknown},
    ],
)
async def test_a_message_that_changes_nothing_of_its_operation_writes_nothing(
    fields: dict[str, object],
):
    world = World()
    held = await reserved(world, refund(world, **fields))

    await world.hand_over(held, refund(world, **fields))

    assert held == await payment(world)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, "name#0"),
        ({"attempts": 3}, "name#3"),
        ({"restricted_at": NOON}, "name#0#1793620800.000000"),
        ({"restricted_at": NOON, "due_at": None}, "name#0"),
    ],
)
def test_a_message_is_known_by_its_attempt_and_after_a_restriction_by_its_release(
    fields: dict[str, object], key: str
):
    assert key == dedup_id("name", refund(World(), **fields))


async def test_the_sweep_sends_the_message_of_an_operation_that_has_none():
    world = World()
    await reserved(world, refund(world))

    await world.sweep()

    assert [REFUND.dumps()] == [sent.body for sent in await world.drain(world.payments)]


async def test_the_sweep_asks_what_became_of_a_lost_operation_and_sends_no_message():
    world, noted = World(), Noted()
    await reserved(world, refund(world, state=OperationState.unknown))
    sweep = replace(world.sweep, dispatch=Dispatch(world.charge, {Action.refund: noted}))

    await sweep()

    assert (["resume op-1"], []) == (noted.asked, await world.drain(world.payments))


async def test_an_operation_that_is_not_due_is_left_alone():
    world, noted = World(), Noted()
    later = world.clock.now() + timedelta(minutes=5)
    await reserved(world, refund(world, state=OperationState.unknown, due_at=later))
    sweep = replace(world.sweep, dispatch=Dispatch(world.charge, {Action.refund: noted}))

    await sweep()

    assert [] == noted.asked
