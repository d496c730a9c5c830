"""Payments that the ledger of a stack holds."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Transaction
from penstock.entrypoints.cli.stack import Stack

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def keep(stack: Stack, *changes: Change[Any]) -> None:
    stack.enter(os.environ)

    async def commit() -> None:
        world = stack.world()
        for change in changes:
            await world.ledger.commit(change)
        await world.close()

    asyncio.run(commit())


def accepted(name: str) -> list[Change[Payment]]:
    """A payment whose charge waits for its message."""
    order = Order(Money(1250, "USD"), payer=Payer("PAYER1", "Ada Lovelace"))
    return [rules.accept(name, "example", order, now=NOON, new_id=lambda: f"e-{name}")]


def declined(name: str) -> list[Change[Payment]]:
    order = Order(Money(1250, "USD"), reference="order-1")
    first = rules.accept(name, "example", order, now=NOON, new_id=lambda: f"e-{name}")
    charge = first.entity.operation(OperationKind.charge)
    assert charge is not None
    second = rules.settle(
        first.entity,
        charge.settle(OperationState.declined, reason="no funds"),
        PaymentStatus.declined,
        now=NOON,
        new_id=lambda: f"e-{name}",
        reason="no funds",
    )
    return [first, second]


def sent_back(name: str, **seen: Any) -> list[Change[Payment]]:
    """A held sale of 100.00, of which 10.00 were refunded and 25.00 are about to be."""
    sale = Transaction("S-1", "sale", PaymentStatus.partially_refunded, usd(10_000), NOON)
    steps = (
        Transaction("R-1", "refund", PaymentStatus.refunded, usd(1000), NOON),
        Transaction("R-2", "reversal", PaymentStatus.pending, usd(2500), NOON),
    )
    state = Observation(
        sale, refunds=steps, hold="new_seller", fee=usd(320), net=usd(9680), **seen
    )
    ids = count(1)
    return [
        rules.observe(
            None,
            name,
            "acme",
            state,
            can=rules.Abilities(),
            now=NOON,
            new_id=lambda: f"{name}-{next(ids)}",
        )
    ]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def withheld(name: str) -> Change[Payment]:
    """A paid sale whose invoice the gateway refused."""
    sale = Transaction("S1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
    seen = Observation(sale, payer=Payer(email="buyer@example.org"))
    can = rules.Abilities(invoices=True)
    change = rules.observe(None, name, "paypal", seen, can=can, now=NOON, new_id=lambda: "e-1")
    (invoice,) = change.entity.operations
    refused = replace(invoice, attempts=1).settle(OperationState.declined, reason="no")
    payment = replace(change.entity.with_operation(refused), invoice_withheld="no")
    return replace(change, entity=payment)
