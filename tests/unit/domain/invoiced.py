"""A paid payment, and its invoice."""

from __future__ import annotations

from dataclasses import replace

from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payer, Payment, PaymentStatus, Transaction
from penstock.testing.builders import payment
from penstock.testing.clock import NOON

PAID = Money(1250, "USD")
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, PAID, NOON)
ADA = Payer("PAYER1", "Ada", "ada@example.test")
INVOICE, REFUNDS = OperationKind.invoice, OperationKind.invoice_refunds
RESERVED, PENDING, UNKNOWN, SUCCEEDED, DECLINED = (
    OperationState.reserved,
    OperationState.pending,
    OperationState.unknown,
    OperationState.succeeded,
    OperationState.declined,
)


def paid(**rest: object) -> Payment:
    """A payment whose money is there and whose payer is known."""
    given: dict[str, object] = {
        "status": PaymentStatus.succeeded,
        "transactions": (SALE,),
        "payer": ADA,
        "paid": True,
        **rest,
    }
    return payment("acme-SALE1", **given)


def invoice(state: OperationState, **rest: object) -> tuple[Operation, ...]:
    return (replace(Operation("op-1", INVOICE, state), **rest),)  # type: ignore[arg-type]  # fields by name
