"""A refund as its payment keeps it."""

from __future__ import annotations

from penstock.api import Transaction
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.refunds import refunds
from tests.unit.pipeline.world import World


async def state(world: World) -> OperationState:
    (refund,) = await refunds(world)
    return refund.state


USD5 = Money(500, "USD")


def step(world: World, status: PaymentStatus) -> Transaction:
    return Transaction("RE1", "refund", status, USD5, world.clock.now())


async def notified(world: World, step: Transaction) -> None:
    """What a notification of the refund makes of the payment."""
    held = await payment(world)
    assert held.transaction is not None
    seen = Observation(held.transaction, refunds=(step,))
    decided = rules.observe(
        held,
        held.id,
        held.gateway,
        seen,
        can=rules.Abilities(),
        now=world.clock.now(),
        new_id=world.ids.new,
    )
    await world.ledger.commit(decided)
