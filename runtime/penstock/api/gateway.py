"""A gateway declares what it can do by the Protocols it satisfies, one per capability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from penstock.api.answers import Authenticity, ChargeAnswer, CreateAnswer, LookupAnswer
from penstock.api.history import History, SubscriptionPayments
from penstock.api.subscriptions import ManagesSubscriptions, Plans, Subscriptions
from penstock.domain.delivery import Delivery, Notification
from penstock.domain.money import Money
from penstock.domain.observation import AnyObservation, Confirmation, NotYet
from penstock.domain.payment import Order, Transaction
from penstock.domain.ref import Ref


class Gateway(Protocol):
    """A payment provider. Everything else about it is a capability."""

    @property
    def name(self) -> str:
        """The name it is registered under, and messages call it by."""
        ...


@runtime_checkable
class Webhooks(Protocol):
    """It tells us what happens, by signed HTTP requests."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the delivery is the gateway's. Must not parse the body to do so."""
        ...

    def read(self, delivery: Delivery) -> Notification:
        """
        Parse an authentic delivery.

        Raises:
            MalformedDelivery: the body is not one of the gateway's.
        """
        ...


@runtime_checkable
class Confirm(Protocol):
    """Its API can be asked whether a notification is true."""

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the resource the notification names.

        Raises:
            GatewayUnavailable: the API gave no answer.
            Unconfirmable: it gave one that means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class Observes(Protocol):
    """
    Its signature covers the whole body, so the body itself is believed.

    The stage uses it where there is no `Confirm`; without either its notifications are recorded.
    """

    def observe(self, notification: Notification) -> AnyObservation | None:
        """
        What the notification says; None where it says nothing of what we keep.

        Raises:
            Unconfirmable: it means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class Reread(Protocol):
    """Its API can be asked again how an entity stands, long after the notification."""

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> AnyObservation | NotYet:
        """
        Read the entity and every refund and reversal known of it, at most 20, newest first.

        Args:
            entity: a payment or a dispute.
            known: the payment's steps, the one that paid it first.

        Raises:
            GatewayUnavailable: the API gave no answer.
            Unconfirmable: it gave one that means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class Locate(Protocol):
    """
    Its API can be asked whose payment a notification concerns that does not say so.

    No capability that a stage needs: what `read` cannot tell may be found here.
    """

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        Find the payment's id, ours; None where it concerns no payment.

        Raises:
            GatewayUnavailable: the API gave no answer, or does not show it yet.
            Unconfirmable: it concerns one, and nobody can say which.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """
    Move this money.

    Attributes:
        operation_id: the idempotency key; the same for every attempt.
    """

    operation_id: str
    payment_id: str
    order: Order = field(repr=False)


@runtime_checkable
class Charges(Protocol):
    """It takes money when told to."""

    @property
    def idempotent_charges(self) -> bool:
        """Whether the same operation id twice moves the money once."""
        ...

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Move the money; never raises for what the gateway may answer."""
        ...


@runtime_checkable
class Lookup(Protocol):
    """It can be asked what became of an operation of ours."""

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        """
        Say what became of the charge with that operation id.

        Raises:
            GatewayUnavailable: no answer; still unknown.
        """
        ...


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
        foreign: it has the draft's number, and is not for the draft's transaction.
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
    """It makes invoices, mails them and records that they are paid."""

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
        See to it that nobody can pay it. Cancelling twice has no further effect, and one that
        never was sent is no error.

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
    """It keeps on an invoice what went back of the payment recorded there."""

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


@runtime_checkable
class Registered(Protocol):
    """
    Its API can be asked where it sends webhooks.

    No capability that a stage needs: only `penstock doctor` asks.
    """

    async def unregistered(self, url: str) -> str | None:
        """
        Say why its webhooks would not arrive at that address and what to do; None if they would.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...


CAPABILITIES: tuple[type, ...] = (
    Webhooks,
    Confirm,
    Observes,
    Reread,
    Charges,
    Lookup,
    Invoices,
    InvoiceRefunds,
    Plans,
    Subscriptions,
    ManagesSubscriptions,
    History,
    SubscriptionPayments,
)


def capabilities(gateway: type) -> tuple[str, ...]:
    """The names of the capabilities that a gateway class has, in the order above."""
    return tuple(
        protocol.__name__.lower()
        for protocol in CAPABILITIES
        if all(hasattr(gateway, member) for member in vars(protocol) if not member.startswith("_"))
    )
