"""Makes a payment's invoice on request of a person, though it was withheld."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.rules.invoices import (
    NO_RECIPIENT,
    invoice_number,
    next_number,
    no_invoice,
)

NOT_PAID = "its money is not there"


def why_not_remake(payment: Payment, *, new_number: bool) -> str | None:
    """Why a payment's invoice cannot be made now; None where it can."""
    if not payment.paid:
        return f"{NOT_PAID}: the payment is {payment.status.value}"
    because = no_invoice(payment)
    # The payer's e-mail address is asked for once more before the invoice is made.
    if because not in (None, NO_RECIPIENT):
        return because
    operation = payment.operation(OperationKind.invoice)
    if operation is None:
        return None
    if operation.state is OperationState.succeeded:
        return f"invoice {payment.invoice_number} exists and is paid"
    if operation.state is OperationState.pending:
        return (
            f"the buyer can still pay invoice {payment.invoice_number}, which could not be "
            "cancelled: cancel it at the gateway first"
        )
    if operation.open:
        return f"invoice {payment.invoice_number} is under way ({operation.state.value})"
    if operation.reference is not None and not new_number:
        return (
            f"invoice {payment.invoice_number} was made at the gateway and withheld; "
            "a new number (--new-number) makes another one"
        )
    return None


def remake_invoice(
    before: Payment,
    because: str,
    *,
    new_number: bool,
    command: str | None = None,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """
    Reserve a payment's invoice anew, due at once; only where `why_not_remake` returned None.

    Args:
        because: why, in the person's words; kept with the operation.
        new_number: take the next number, where the gateway has another invoice under this one.
        command: the request's name, if it has one; kept with the operation.
    """
    reserved = Operation(
        before.operation_id(OperationKind.invoice),
        OperationKind.invoice,
        due_at=now,
        reason=because,
        command=command,
    )
    number = next_number(before) if new_number else before.invoice_number
    after = replace(
        before.with_operation(reserved),
        invoice_number=number or invoice_number(before.id),
        invoice_withheld=None,
    )
    if before.payer is None or not before.payer.email:
        asking = Operation(
            before.operation_id(OperationKind.reread),
            OperationKind.reread,
            due_at=now,
            reason=NO_RECIPIENT,
        )
        after = after.with_operation(asking)
    return change(before, after, now=now, new_id=new_id)
