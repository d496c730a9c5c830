"""
Whether a payment gets an invoice; decided at each observation until a create was submitted.

    paid, not all of it gone, a recipient known ─► reserved (clears `invoice_withheld`)
    otherwise ───────────────────────────────────► withheld; published when the reason changes
    made, and more or less went back since ──────► the refunds on it are brought up to date
    withheld after a create was submitted ───────► only a person has it made: `remake_invoice`
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Self

from penstock.domain.change import Change, Fact, change
from penstock.domain.entity import UNSENT_GRACE
from penstock.domain.events import EventType
from penstock.domain.money import Money
from penstock.domain.observation import InvoiceObservation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus

_NUMBER = 25
_PREFIX = "PS-"
_MOST_NUMBERS = 100
_UNPAID = (PaymentStatus.pending, PaymentStatus.declined)
NO_SUM = "the sale has no sum above zero"
WENT_BACK = "all of the money went back before the invoice was made"
NO_RECIPIENT = "the gateway knows no e-mail address of the payer"


@dataclass(frozen=True, slots=True)
class Abilities:
    """The capabilities of a gateway that rules depend on."""

    reread: bool = False
    subscriptions: bool = False
    invoices: bool = False
    invoice_refunds: bool = False

    @classmethod
    def named(cls, capabilities: Collection[str]) -> Self:
        """Those of a gateway, by the names of its capabilities."""
        return cls(
            reread="reread" in capabilities,
            subscriptions="subscriptions" in capabilities,
            invoices="invoices" in capabilities,
            invoice_refunds="invoicerefunds" in capabilities,
        )


def invoice_number(payment_id: str, ordinal: int = 1) -> str:
    """
    The number of a payment's n-th invoice; always the same.

    At most 25 characters, the length that PayPal's own number generator keeps to.
    """
    # Behind the gateway's name all of it counts: two of its ids may end alike.
    own = payment_id.partition("-")[2] or payment_id
    suffix = "" if ordinal == 1 else f"-{ordinal}"
    room = _NUMBER - len(_PREFIX) - len(suffix)
    short = own if len(own) <= room else sha256(own.encode()).hexdigest()[:room]
    return f"{_PREFIX}{short}{suffix}"


def next_number(payment: Payment) -> str:
    """The number after the one that the payment's invoice has now."""
    for ordinal in range(1, _MOST_NUMBERS):
        if payment.invoice_number == invoice_number(payment.id, ordinal):
            return invoice_number(payment.id, ordinal + 1)
    return invoice_number(payment.id, 2)


def decide_invoice(payment: Payment, now: datetime, can: Abilities) -> tuple[Payment, list[Fact]]:
    """Reserve the payment's invoice, or write down why there is none."""
    if not can.invoices or not payment.paid:
        return payment, []
    operation = payment.operation(OperationKind.invoice)
    if operation is not None and _begun(operation):
        return reserve_refunds(payment, now, can), []
    because = no_invoice(payment)
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
    refused = payment.invoice_refund_refused
    if refused is not None and refused.minor == _minor(payment.refunded):
        # The gateway refused this very total: the next change of it tries again.
        return payment
    reserved = Operation(
        payment.operation_id(OperationKind.invoice_refunds),
        OperationKind.invoice_refunds,
        due_at=now + UNSENT_GRACE,
    )
    return payment.with_operation(reserved)


def recorded(payment: Payment) -> bool:
    """Whether the invoice has as much recorded as refunded as the payment."""
    return _minor(payment.invoice_refunded) == _minor(payment.refunded)


def refunds_recorded(payment: Payment) -> Payment:
    """The payment with all that went back of it on its invoice."""
    return replace(payment, invoice_refunded=payment.refunded, invoice_refund_refused=None)


def refunds_refused(payment: Payment) -> Payment:
    """The payment whose total the gateway will not record on its invoice."""
    total = payment.refunded or Money(0, payment.order.amount.currency)
    return replace(payment, invoice_refund_refused=total)


def observe_invoice(
    before: Payment, seen: InvoiceObservation, *, now: datetime, new_id: Callable[[], str]
) -> Change[Payment] | None:
    """
    Publish that the buyer paid an invoice whose money was there already; None if not new.

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
    """Whether all of the money that an invoice would document went back."""
    if payment.status is PaymentStatus.declined:
        return True
    return _all_gone(payment)


def withhold(
    payment: Payment, because: str, payable: str | None = None
) -> tuple[Payment, list[Fact]]:
    """
    Write down why there is no invoice, and publish it.

    Args:
        payable: why the buyer's invoice could not be cancelled, if so: the buyer may pay it.
    """
    data = {"because": because} | ({"payable": payable} if payable else {})
    return replace(payment, invoice_withheld=because), [Fact(EventType.invoice_withheld, data)]


def _begun(operation: Operation) -> bool:
    """Whether a create was submitted: one that certainly was not sent is reserved again."""
    return operation.attempts > 0 and operation.state is not OperationState.reserved


def no_invoice(payment: Payment) -> str | None:
    """Why a paid payment gets no invoice now; None if it gets one."""
    if payment.transaction is None or payment.transaction.amount.minor <= 0:
        return NO_SUM
    if payment.status in _UNPAID or _all_gone(payment):
        return WENT_BACK
    if payment.payer is None or not payment.payer.email:
        return NO_RECIPIENT
    return None


def _minor(money: Money | None) -> int:
    return money.minor if money else 0


def _all_gone(payment: Payment) -> bool:
    sale, back = payment.transaction, payment.refunded
    return sale is not None and back is not None and back.minor >= sale.amount.minor
