"""A gateway that is a bank in miniature: what it is told to do stays done, whoever dies after."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from penstock.api import (
    Authentic,
    Authenticity,
    ChargeAnswer,
    ChargeRequest,
    Confirmation,
    Confirmed,
    CreateAnswer,
    Delivery,
    Evidence,
    Forged,
    Invoice,
    InvoiceDraft,
    InvoiceRefund,
    InvoiceRefused,
    InvoiceState,
    LookupAnswer,
    MalformedDelivery,
    Money,
    NotFound,
    Notification,
    Observation,
    Payer,
    PaymentStatus,
    Pending,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    RouteAnswer,
    Routed,
    Succeeded,
    Transaction,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Acme:
    """
    Every capability, scripted by data.

    Attributes:
        answers: what to answer to the next charges instead of Succeeded; a callable may also
            move the money first, by returning None after it.
        concerned: what `locate` says a notification concerns that names no payment.
        sent_back: what it sent back by operation id; the same id again sends nothing.
        refund_answers: what to answer to the next refunds; `refunds_before_answering`: it has
            happened all the same.
        unavailable: what `locate` and `confirm` raise instead.
        confirmations: what `confirm` answers next instead of the sale as it stands.
        steps: what went back of the sale.
    """

    name: str = "acme"
    idempotent_charges: bool = True
    charges: dict[str, str] = field(default_factory=dict[str, str])
    charge_calls: int = 0
    answers: list[ChargeAnswer] = field(default_factory=list[ChargeAnswer])
    moves_before_answering: bool = False
    sale: Transaction = field(
        default_factory=lambda: Transaction(
            "SALE1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON
        )
    )
    email: str | None = "buyer@example.org"
    confirmations: list[Confirmation] = field(default_factory=list[Confirmation])
    concerned: str | None = None
    unavailable: Exception | None = None
    authenticity: Authenticity = field(default_factory=Authentic)
    invoices: list[Invoice] = field(default_factory=list[Invoice])
    create_answers: list[CreateAnswer] = field(default_factory=list[CreateAnswer])
    creates_before_answering: bool = False
    searchable: bool = True
    mails: list[str] = field(default_factory=list[str])
    recorded: list[str] = field(default_factory=list[str])
    on_send: Callable[[], None] = lambda: None
    on_record: Callable[[], None] = lambda: None
    cancelled: list[str] = field(default_factory=list[str])
    on_cancel: Callable[[], None] = lambda: None
    steps: tuple[Transaction, ...] = ()
    invoice_refunds_held: list[InvoiceRefund] = field(default_factory=list[InvoiceRefund])
    refunds_recorded: list[int] = field(default_factory=list[int])
    before_refund: Callable[[], None] = lambda: None
    after_refund: Callable[[], None] = lambda: None
    refunds_shown: bool = True
    sent_back: dict[str, Money] = field(default_factory=dict[str, Money])
    refund_calls: list[RefundRequest] = field(default_factory=list[RefundRequest])
    refund_answers: list[RefundAnswer] = field(default_factory=list[RefundAnswer])
    refunds_before_answering: bool = False
    routes: list[RouteAnswer] = field(default_factory=list[RouteAnswer])
    window: timedelta = timedelta(days=30)
    stands: RefundLookup | None = None

    def refund_window(self, path: str) -> timedelta:
        return self.window

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        return self.routes.pop(0) if self.routes else Routed("/sales")

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        self.refund_calls.append(request)
        if self.refund_answers:
            if self.refunds_before_answering:
                self.sent_back.setdefault(request.operation_id, request.amount)
            return self.refund_answers.pop(0)
        self.sent_back.setdefault(request.operation_id, request.amount)
        return Succeeded(self.refund_id(request))

    def refund_id(self, request: RefundRequest) -> str:
        return f"RE{list(self.sent_back).index(request.operation_id) + 1}"

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        return self.stands or Pending(request.reference or "")

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        if delivery.headers.get("sig") == "forged":
            return Forged("signature does not match")
        return self.authenticity

    def read(self, delivery: Delivery) -> Notification:
        try:
            body = json.loads(delivery.body)
            return notification(body["id"], delivery_id=delivery.id)
        except (ValueError, KeyError, TypeError) as exc:
            raise MalformedDelivery("no notification") from exc

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        if self.confirmations:
            return self.confirmations.pop(0)
        if self.unavailable is not None:
            raise self.unavailable
        payer = Payer("PAYER1", "Ann", self.email)
        return Confirmed(Observation(self.sale, payer=payer, refunds=self.steps))

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        if self.unavailable is not None:
            raise self.unavailable
        return self.concerned

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        self.charge_calls += 1
        if self.answers:
            if self.moves_before_answering:
                self._move(request)
            return self.answers.pop(0)
        return Succeeded(self._move(request))

    def _move(self, request: ChargeRequest) -> str:
        if not self.idempotent_charges:
            reference = f"ch-{len(self.charges) + 1}"
            self.charges[f"{request.operation_id}#{len(self.charges)}"] = reference
            return reference
        return self.charges.setdefault(request.operation_id, f"ch-{len(self.charges) + 1}")

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        reference = self.charges.get(request.operation_id)
        return Succeeded(reference) if reference else NotFound()

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        if self.create_answers:
            if self.creates_before_answering:
                self._create(draft)
            return self.create_answers.pop(0)
        return Succeeded(self._create(draft))

    def _create(self, draft: InvoiceDraft) -> str:
        # Duplicate numbers are taken: nobody says that PayPal refuses them.
        reference = f"INV-{len(self.invoices) + 1}"
        self.invoices.append(Invoice(reference, draft.number, InvoiceState.draft))
        return reference

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        return next(
            (
                invoice
                for invoice in self.invoices
                if invoice.reference == reference
                or (reference is None and self.searchable and invoice.number == draft.number)
            ),
            None,
        )

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        self.on_send()
        if self._state(reference) is InvoiceState.draft:
            self.mails.append(reference)
            self.put(reference, InvoiceState.sent)

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        self.on_record()
        self.recorded.append(draft.transaction)
        paid_by_buyer = self._state(reference) is InvoiceState.paid_twice
        self.put(reference, InvoiceState.paid_twice if paid_by_buyer else InvoiceState.recorded)

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        self.on_cancel()
        if self._state(reference) in (InvoiceState.recorded, InvoiceState.paid_twice):
            raise InvoiceRefused("CANNOT_CANCEL_PAID")
        if self._state(reference) is InvoiceState.sent:
            self.cancelled.append(reference)
            self.put(reference, InvoiceState.cancelled)

    async def invoice_refunds(
        self, reference: str, draft: InvoiceDraft
    ) -> tuple[InvoiceRefund, ...]:
        return tuple(self.invoice_refunds_held) if self.refunds_shown else ()

    async def record_refund(self, reference: str, draft: InvoiceDraft, amount: Money) -> None:
        self.before_refund()
        self.refunds_recorded.append(amount.minor)
        identity = f"RF-{len(self.refunds_recorded)}"
        self.invoice_refunds_held.append(InvoiceRefund(identity, amount))
        self.after_refund()

    async def delete_refund(self, reference: str, draft: InvoiceDraft, refund: str) -> None:
        self.before_refund()
        self.invoice_refunds_held = [r for r in self.invoice_refunds_held if r.id != refund]
        self.after_refund()

    def _state(self, reference: str) -> InvoiceState:
        return next(i.state for i in self.invoices if i.reference == reference)

    def put_draft(self, entity: str) -> None:
        """An invoice of the payment's number that turns up by itself."""
        reference = f"INV-{len(self.invoices) + 1}"
        number = f"PS-{entity.rpartition('-')[2]}"
        self.invoices.append(Invoice(reference, number, InvoiceState.draft))

    def put(self, reference: str, state: InvoiceState) -> None:
        self.invoices = [
            replace(i, state=state) if i.reference == reference else i for i in self.invoices
        ]


def notification(
    event_id: str = "WH-1",
    *,
    entity: str | None = "acme-SALE1",
    transmission: str | None = None,
    delivery_id: str = "d-1",
    body: bytes = b"{}",
) -> Notification:
    """A notification of the sale that Acme holds."""
    return Notification(
        id=event_id,
        gateway="acme",
        type="SALE.COMPLETED",
        entity=entity,
        resource={"id": "SALE1"},
        occurred_at=NOON,
        evidence=Evidence.signed,
        delivery_id=delivery_id,
        transmission=transmission or f"t-{event_id}",
        digest=sha256(body).hexdigest(),
    )
