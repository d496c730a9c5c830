"""Restrict and release, as an operator does, in the worlds of the pipeline's tests."""

from __future__ import annotations

from typing import Any

from penstock.adapters.memory import MemoryAudit
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.restriction import RestrictionKind
from penstock.operators.audited import Audited
from penstock.operators.restrictions import Release, Released, Restrict, Restricted
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.world import World

ADA = "arn:aws:iam::123456789012:user/ada"


PAYMENT_KIND = RestrictionKind.payment


ACME = (RestrictionKind.gateway, "acme")


def audited(world: Any) -> Audited:
    return Audited(MemoryAudit(), world.clock, world.ids, ADA)


async def restrict(world: Any, kind: RestrictionKind, value: str) -> Restricted:
    command = Restrict(world.ledger, world.restrictions, world.clock, audited(world))
    return await command(kind, value, "fraud")


async def release(world: Any, kind: RestrictionKind, value: str) -> Released:
    command = Release(world.ledger, world.restrictions, world.clock, world.ids, audited(world))
    return await command(kind, value, "a mistake")


async def charge(world: World) -> Operation:
    found = (await payment(world)).operation(OperationKind.charge)
    assert found is not None
    return found


async def work(world: World) -> None:
    await world.consume(world.payments, world.dispatch)
