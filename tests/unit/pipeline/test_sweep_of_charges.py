"""When the sweep asks about a charge that is due, in doubt or held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import ChargeRequest, LookupAnswer, NotYet
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World

FRAUD = Restriction(RestrictionKind.gateway, "acme", NOON, "ada", "fraud")
TERMS = Terms(Money(1, "USD"), "d")


@pytest.mark.parametrize(
    ("state", "seconds", "asked"),
    [
        (OperationState.unknown, 0, 1),
        (OperationState.unknown, 1, 0),
        (OperationState.reserved, 0, 0),
        (OperationState.succeeded, 0, 0),
    ],
)
async def test_a_charge_is_asked_about_from_the_moment_it_is_due(
    state: OperationState, seconds: int, asked: int
):
    class Counting(Acme):
        asked = 0

        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            self.asked += 1
            return await super().look_up(request)

    acme = Counting()
    world = World(acme)
    due_at = world.clock.now() + timedelta(seconds=seconds)
    charge = Operation("op-1", OperationKind.charge, state, due_at=due_at, lost_at=NOON)
    await world.ledger.commit(Change(payment("p1", gateway="acme", operations=(charge,)), None))

    await world.sweep.resume(Ref(EntityKind.payment, "p1"))

    assert asked == acme.asked


@pytest.mark.parametrize(("seconds", "asked"), [(0, 1), (1, 0)])
async def test_a_doubt_is_asked_about_from_the_moment_it_is_due(seconds: int, asked: int):
    class Rereads(Acme):
        asked = 0

        async def reread(self, *_: object) -> NotYet:
            self.asked += 1
            return NotYet()

    acme = Rereads()
    world = World(acme)
    due_at = world.clock.now() + timedelta(seconds=seconds)
    doubt = Operation("op-1", OperationKind.reread, due_at=due_at, reason="it is old")
    await world.ledger.commit(Change(payment("p1", gateway="acme", operations=(doubt,)), None))

    await world.sweep.resume(Ref(EntityKind.payment, "p1"))

    assert asked == acme.asked


async def restricted(kind: OperationKind, state: OperationState, acme: Acme) -> World:
    """A payment with an operation that a restriction of its gateway holds."""
    world = World(acme)
    held = Operation("op-1", kind, state, due_at=NOON, restricted_at=NOON, terms=TERMS)
    if state is OperationState.unknown:
        held = replace(held, lost_at=NOON)
    await world.ledger.commit(Change(payment("p1", gateway="acme", operations=(held,)), None))
    await world.restrictions.put(FRAUD)
    return world


@pytest.mark.parametrize(
    ("kind", "state", "noted"),
    [
        (OperationKind.charge, OperationState.reserved, True),
        (OperationKind.charge, OperationState.unknown, False),
        (OperationKind.capture, OperationState.reserved, True),
        (OperationKind.capture, OperationState.unknown, False),
        (OperationKind.refund, OperationState.reserved, True),
        (OperationKind.refund, OperationState.unknown, True),
    ],
)
async def test_what_is_held_is_sent_after_the_release_and_looked_at_later_unless_it_can_be_read(
    kind: OperationKind, state: OperationState, noted: bool
):
    world = await restricted(kind, state, Acme())
    ref = Ref(EntityKind.payment, "p1")
    world.clock.advance(60)

    assert ("acme", None) == await world.sweep.send(ref)

    (held,) = (await world.payment("p1")).operations
    later = world.clock.now() + timedelta(minutes=5)
    assert ((later if noted else NOON), []) == (held.due_at, await world.drain(world.payments))
    await world.restrictions.lift(FRAUD.key, FRAUD.since)
    world.clock.advance(300)
    await world.sweep.send(ref)
    assert 1 == len(await world.drain(world.payments))


@pytest.mark.parametrize(("released", "asked"), [(False, 1), (True, 0)])
async def test_a_lost_charge_is_asked_about_while_it_is_held_and_sent_instead_after_the_release(
    released: bool, asked: int
):
    class Counting(Acme):
        asked = 0

        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            self.asked += 1
            return await super().look_up(request)

    acme = Counting()
    world = await restricted(OperationKind.charge, OperationState.unknown, acme)
    if released:
        await world.restrictions.lift(FRAUD.key, FRAUD.since)

    await world.sweep.resume(Ref(EntityKind.payment, "p1"))

    assert asked == acme.asked
