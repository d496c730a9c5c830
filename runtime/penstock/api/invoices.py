"""Invoices at a gateway: created, mailed, recorded as paid, and what went back of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from penstock.api.answers import CreateAnswer
from penstock.domain.money import Money


class InvoiceState(StrEnum):
    """Where an invoice stands at the gateway."""

    draft = "draft"
    sent = "sent"
    recorded = "recorded"
    """Paid, by the payment we recorded."""
    paid_twice = "paid_twice"
    """Paid by the buyer, for money already taken."""
    cancelled = "cancelled"


@dataclass(frozen=True, slots=True)
class Invoice:
    """
    An invoice as the gateway holds it.

    Attributes:
        foreign: it has the draft's number, but is not for the draft's transaction.
    """

    reference: str
    number: str
    state: InvoiceState
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """
    The invoice for one payment whose money is already there.

    Attributes:
        transaction: the gateway's id of the sale that paid it; recorded with the payment.
        recipient: the payer's e-mail address.
        paid_on: when the money came; its day depends on the merchant's time zone.
        payment_id: our id of the payment.
        order_reference: the merchant's own reference of the order.
    """

    number: str
    transaction: str
    amount: Money
    item: str
    recipient: str = field(repr=False)
    paid_on: datetime
    payer_name: str | None = field(default=None, repr=False)
    payment_id: str | None = None
    order_reference: str | None = None


@runtime_checkable
class Invoices(Protocol):
    """A gateway that makes invoices, mails them and records that they are paid."""

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        """
        Create the draft; never raises for what the gateway may answer.

        It must carry the transaction's id, by which `find_invoice` knows it again.
        """
        ...

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        """
        Find the invoice, by the gateway's reference if we have it, else by its number.

        By its number: the one for the draft's transaction. If there is none and another invoice
        has the number, that one, marked as foreign.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have the gateway mail it. Sending twice has no further effect.

        Raises:
            GatewayUnavailable: no answer, or a transient refusal.
            InvoiceRefused: the gateway will never send it.
        """
        ...

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Record the sale as the invoice's payment.

        Raises:
            GatewayUnavailable: no answer, or a transient refusal.
            InvoiceRefused: the gateway will never take it.
        """
        ...

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Cancel it, so that it cannot be paid. Cancelling twice has no further effect, and an
        invoice that was never sent is no error.

        Raises:
            GatewayUnavailable: no answer, or a transient refusal.
            InvoiceRefused: the gateway will never cancel it; it may be paid, or payable still.
        """
        ...


@dataclass(frozen=True, slots=True)
class InvoiceRefund:
    """One refund recorded on an invoice; `id` is the gateway's."""

    id: str
    amount: Money


@runtime_checkable
class InvoiceRefunds(Protocol):
    """A gateway that keeps refunds on the invoice whose payment went back."""

    async def invoice_refunds(
        self, reference: str, draft: InvoiceDraft
    ) -> Sequence[InvoiceRefund]:
        """
        What is recorded on the invoice as refunded.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...

    async def record_refund(self, reference: str, draft: InvoiceDraft, amount: Money) -> None:
        """
        Record that so much more went back.

        Raises:
            GatewayUnavailable: no answer, or a transient refusal; it may be recorded: read.
            InvoiceRefused: the gateway will never take it.
        """
        ...

    async def delete_refund(self, reference: str, draft: InvoiceDraft, refund: str) -> None:
        """
        Take a recorded refund off the invoice; one that is gone already is no error.

        Raises:
            GatewayUnavailable: no answer, or a transient refusal.
            InvoiceRefused: the gateway will never delete it.
        """
        ...
