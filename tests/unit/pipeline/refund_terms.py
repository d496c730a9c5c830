"""Terms of a refund, and a ledger that others write to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from penstock.api import Money
from penstock.domain.change import Change
from penstock.domain.operation import Terms
from penstock.domain.payment import Payment
from penstock.pipeline.orders import Action, ActionMessage
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.world import World

TERMS = Terms(Money(1, "USD"), "d")


def asked(operation: str, of: str = "p1") -> ActionMessage:
    return ActionMessage(of, "acme", Action.refund, operation)


async def rewritten(world: World, **fields: Any) -> Payment:
    """The payment as another version of the code would have left it."""
    held = await payment(world)
    after = replace(held, **fields, version=held.version + 1)
    await world.ledger.commit(Change(after, held.version))
    return after
