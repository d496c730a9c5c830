"""Dead letters and payments of a stack on the emulator."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from typing import Any

from penstock.bootstrap.aws import AwsWorld
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Order, PaymentStatus
from penstock.entrypoints.cli.stack import Stack
from penstock.ports import Outgoing
from tests.contract.cli.ledger import NOON, keep

ORDER = {"amount": 1250, "currency": "USD", "payer": {"email": "ann@example.org"}}


def on(stack: Stack, work: Callable[[AwsWorld], Coroutine[Any, Any, None]]) -> None:
    stack.enter(os.environ)

    async def through() -> None:
        world = stack.world()
        try:
            await work(world)
        finally:
            await world.close()

    asyncio.run(through())


def park(stack: Stack, *payments: str, reason: str = "ChargeRefused: no") -> None:
    async def work(world: AwsWorld) -> None:
        for payment in payments:
            body = json.dumps({"id": payment, "provider": "example", "order": ORDER})
            new = world.ids.new()
            await world.channel("payments").send(Outgoing(body, payment, new))
            (message,) = await world.inbox("payments").receive(1, 5)
            await world.inbox("payments").park(message, reason)
            await world.inbox("payments").delete(message)

    on(stack, work)


def succeeded(stack: Stack, name: str) -> None:
    first = rules.accept(
        name, "example", Order(Money(1250, "USD")), now=NOON, new_id=lambda: f"e-{name}"
    )
    charge = first.entity.operation(OperationKind.charge)
    assert charge is not None
    second = rules.settle(
        first.entity,
        charge.settle(OperationState.succeeded, reference="ch-1"),
        PaymentStatus.succeeded,
        now=NOON,
        new_id=lambda: f"e-{name}",
    )
    keep(stack, first, second)
