"""The message of a charge, and where its payment and its operation stand."""

import json

from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.ports import Outgoing
from tests.unit.pipeline.world import World

ORDER = {"amount": 1250, "currency": "USD", "reference": "order-1"}


async def send(world: World, body: object = None, *, dedup: str = "p1") -> None:
    text = json.dumps({"id": "p1", "provider": "acme", "order": ORDER} if body is None else body)
    await world.payments.send(Outgoing(text, group="p1", dedup=dedup))


async def payment(world: World) -> Payment:
    held = await world.ledger.load(Payment, "p1")
    assert held is not None
    return held


async def states(world: World) -> tuple[PaymentStatus, OperationState]:
    held = await payment(world)
    operation = held.operation(OperationKind.charge)
    assert operation is not None
    return held.status, operation.state
