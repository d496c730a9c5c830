"""
Whether a payment gets its invoice; decided anew at each observation until a create was submitted.

    paid, not all of it gone, a recipient known ─► reserved (clears `invoice_withheld`)
    otherwise ───────────────────────────────────► withheld; published when the reason changes
    made, and more or less went back since ──────► the refunds on it are brought up to date
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from penstock.domain.change import Change, Fact, change
from penstock.domain.entity import UNSENT_GRACE
from penstock.domain.events import EventType
from penstock.domain.observation import InvoiceObservation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus

_NUMBER = 25
_UNPAID = (PaymentStatus.pending, PaymentStatus.declined)
NO_SUM = "the sale has no sum above zero"
WENT_BACK = "all of the money went back before the invoice was made"
NO_RECIPIENT = "the gateway knows no e-mail address of the payer"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a gateway offers besides: re-reading, invoices, refunds recorded on invoices."""

    reread: bool = False
    invoices: bool = False
    invoice_refunds: bool = False


def invoice_number(payment_id: str) -> str:
    """
    The invoice number a payment's invoice has, each time it is asked for.

    At most 25 characters, the length that PayPal's own number generator keeps to.
    """
    # Behind the gateway's name all of it counts: two of its ids may end alike.
    own = payment_id.partition("-")[2] or payment_id
    short = own if len(own) <= _NUMBER - 3 else sha256(own.encode()).hexdigest()[: _NUMBER - 3]
    return f"PS-{short}"


def decide_invoice(payment: Payment, now: datetime, can: Abilities) -> tuple[Payment, list[Fact]]:
    """Reserve the payment's invoice, or write down why there is none."""
    if not can.invoices or not payment.paid:
        return payment, []
    operation = payment.operation(OperationKind.invoice)
    if operation is not None and _begun(operation):
        return reserve_refunds(payment, now, can), []
    because = _no_invoice(payment)
    if because is not None:
        if operation is not None and operation.open:
            settled = operation.settle(OperationState.declined, reason=because)
            payment = payment.with_operation(replace(settled, attempts=0))
        # Said again only when the reason is another one: it is decided at each observation.
        return (payment, []) if payment.invoice_withheld == because else withhold(payment, because)
    if operation is not None and operation.open:
        return payment, []
    reserved = Operation(
        payment.operation_id(OperationKind.invoice),
        OperationKind.invoice,
        due_at=now + UNSENT_GRACE,
    )
    number = payment.invoice_number or invoice_number(payment.id)
    return (
        replace(payment.with_operation(reserved), invoice_number=number, invoice_withheld=None),
        [],
    )


def reserve_refunds(payment: Payment, now: datetime, can: Abilities) -> Payment:
    """Reserve what brings the refunds on a paid invoice to what went back of the payment."""
    invoice = payment.operation(OperationKind.invoice)
    running = payment.operation(OperationKind.invoice_refunds)
    if not can.invoice_refunds or invoice is None or (running is not None and running.open):
        return payment
    if invoice.state is not OperationState.succeeded or recorded(payment):
        return payment
    reserved = Operation(
        payment.operation_id(OperationKind.invoice_refunds),
        OperationKind.invoice_refunds,
        due_at=now + UNSENT_GRACE,
    )
    return payment.with_operation(reserved)


def recorded(payment: Payment) -> bool:
    """Whether the invoice shows as much gone as the payment."""
    on_invoice = payment.invoice_refunded.minor if payment.invoice_refunded else 0
    return on_invoice == (payment.refunded.minor if payment.refunded else 0)


def observe_invoice(
    before: Payment, seen: InvoiceObservation, *, now: datetime, new_id: Callable[[], str]
) -> Change[Payment] | None:
    """
    Say that the buyer paid an invoice whose money was there already; None where nothing is new.

    Only the invoice that we made counts, by the gateway's own id of it.
    """
    if not is_invoice_of(before, seen) or not seen.paid_twice or before.invoice_paid_twice:
        return None
    after = replace(before, invoice_paid_twice=True)
    return change(before, after, [Fact(EventType.invoice_paid_twice)], now=now, new_id=new_id)


def is_invoice_of(payment: Payment, seen: InvoiceObservation) -> bool:
    """Whether an invoice is the one that we made for the payment."""
    operation = payment.operation(OperationKind.invoice)
    return operation is not None and operation.reference == seen.reference


def money_is_gone(payment: Payment) -> bool:
    """Whether nothing is left of the money that an invoice would document."""
    if payment.status is PaymentStatus.declined:
        return True
    return _all_gone(payment)


def withhold(
    payment: Payment, because: str, payable: str | None = None
) -> tuple[Payment, list[Fact]]:
    """
    Write down why there is no invoice, and say so.

    Args:
        payable: why one that the buyer has could not be cancelled, if so: the buyer may pay it.
    """
    data = {"because": because} | ({"payable": payable} if payable else {})
    return replace(payment, invoice_withheld=because), [Fact(EventType.invoice_withheld, data)]


def _begun(operation: Operation) -> bool:
    """Whether a create was submitted: one that certainly was not sent is reserved again."""
    return operation.attempts > 0 and operation.state is not OperationState.reserved


def _no_invoice(payment: Payment) -> str | None:
    if payment.transaction is None or payment.transaction.amount.minor <= 0:
        return NO_SUM
    if payment.status in _UNPAID or _all_gone(payment):
        return WENT_BACK
    if payment.payer is None or not payment.payer.email:
        return NO_RECIPIENT
    return None


def _all_gone(payment: Payment) -> bool:
    sale, back = payment.transaction, payment.refunded
    return sale is not None and back is not None and back.minor >= sale.amount.minor
