"""
The invoice of a paid payment: created, sent by the gateway, recorded as paid; exactly once.

    reserved ──► create ──► note its id ──► send ──► record the payment ──► succeeded
                   │                 ▲
                   └─ no answer ─► unknown ─► find ─┬ found: go on where it stands
                                                    └ not found: wait; once the search has stayed
                                                      empty long enough, create again; withhold
                                                      it if it was there before

    refused for good once it was made ──► note why ──► cancel ──► withheld

What was mailed and cannot be recorded is cancelled: the buyer shall not pay it a second time.

A gateway may keep no idempotency keys for invoices (PayPal keeps none), so the number is derived
from the payment, and whoever resumes looks before doing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from penstock.api.answers import NotSent, Refused, Succeeded, Unanswered
from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway, Invoice, InvoiceDraft, Invoices, InvoiceState
from penstock.domain import rules
from penstock.domain.change import Fact
from penstock.domain.events import EventType
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import (
    GatewayUnavailable,
    InvoiceRefused,
    OperationInFlight,
    UnknownGateway,
)
from penstock.pipeline import notices
from penstock.pipeline.cancel import LOOK_AGAIN, cancel
from penstock.ports import Ledger

_PAID = (InvoiceState.recorded, InvoiceState.paid_twice)


@dataclass(frozen=True, slots=True)
class Invoicing:
    """
    Runs a payment's invoice operation.

    Attributes:
        lease: longer than one message may take.
        unknown_after: how long the search for an invoice whose creation was not answered must
            stay empty before it is created again.
    """

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    clock: Clock
    ids: Ids
    lease: timedelta
    unknown_after: timedelta

    async def __call__(self, payment: Payment) -> Payment:
        """
        Bring the payment's invoice, if it has one open, to its end.

        Raises:
            TransientError: not now; whoever called comes back, or the sweep does.
            UnknownGateway: its gateway is not configured here; the invoice stays open.
        """
        operation = payment.operation(OperationKind.invoice)
        if operation is None or not operation.open:
            return payment
        gateway = self.gateways.get(payment.gateway)
        if gateway is None:
            raise UnknownGateway("the invoice's gateway is not configured here")
        draft = _draft(payment)
        if not isinstance(gateway, Invoices) or draft is None:
            payable = "its gateway cannot cancel it" if operation.reference else None
            because = "its gateway makes no invoices"
            return await self._withhold(payment, operation, because, payable)
        try:
            return await self._run(payment, operation, gateway, draft)
        except InvoiceRefused as exc:
            latest = await self.ledger.load(Payment, payment.id) or payment
            latest_operation = latest.operation(OperationKind.invoice) or operation
            because = latest.invoice_withheld or str(exc)
            return await self._withhold(latest, latest_operation, because)

    async def _run(
        self, payment: Payment, operation: Operation, gateway: Invoices, draft: InvoiceDraft
    ) -> Payment:
        now = self.clock.now()
        if operation.lease_until is not None and operation.leased(now):
            wait = (operation.lease_until - now).total_seconds()
            raise OperationInFlight("the invoice may still be under way", retry_after=wait)
        if operation.state is OperationState.pending:
            return await self._watch(payment, operation, gateway, draft)
        found: Invoice | None = None
        if operation.attempts:
            # Also where the last attempt was certainly not sent: one before it may turn up late.
            found = await gateway.find_invoice(draft, operation.reference)
            if found is None and operation.state is not OperationState.reserved:
                await self._absent(payment, operation)
                if rules.money_is_gone(payment):
                    raise InvoiceRefused(rules.WENT_BACK)
        submitted = operation.submit(self.clock.now(), self.lease)
        payment = await self._commit(payment, submitted)
        if found is None:
            payment, submitted = await self._create(payment, submitted, gateway, draft)
            found = Invoice(submitted.reference or "", draft.number, InvoiceState.draft)
        elif submitted.reference != found.reference:
            submitted = submitted.refer(found.reference)
            payment = await self._commit(payment, submitted)
        return await self._finish(payment, submitted, gateway, draft, found)

    async def _absent(self, payment: Payment, operation: Operation) -> None:
        """
        Wait while an invoice may still turn up in the search; returns once it may be created.

        The wait begins at the first empty search after each attempt, not at the first attempt:
        the last one is as much in doubt as the first was.

        Raises:
            GatewayUnavailable: the search has not stayed empty long enough.
            InvoiceRefused: it was there, so somebody removed it: it is not made a second time.
        """
        now = self.clock.now()
        since = operation.absent_since
        if since is None:
            since = now
            lost = operation.lose(now, "the gateway does not show it")
            await self._commit(payment, replace(lost, lease_until=None, absent_since=now))
        left = (since + self.unknown_after - now).total_seconds()
        if left > 0:
            raise GatewayUnavailable(
                "whether the invoice was created is unknown yet", retry_after=left
            )
        if operation.reference is not None:
            raise InvoiceRefused("it is not at the gateway any more")

    async def _create(
        self, payment: Payment, operation: Operation, gateway: Invoices, draft: InvoiceDraft
    ) -> tuple[Payment, Operation]:
        answer = await gateway.create_invoice(draft)
        now = self.clock.now()
        match answer:
            case Succeeded(reference):
                noted = operation.refer(reference)
                return await self._commit(payment, noted), noted
            case NotSent(because, retry_after):
                again = now + timedelta(seconds=retry_after or 60)
                await self._commit(payment, operation.release(because, again))
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                # Nobody is at it any more, so the lease may go; the search decides.
                lost = replace(operation.lose(now, because), lease_until=None)
                await self._commit(payment, lost)
                raise GatewayUnavailable(because)
            case Refused(because):
                raise InvoiceRefused(because)
            case _:
                assert_never(answer)

    async def _finish(
        self,
        payment: Payment,
        operation: Operation,
        gateway: Invoices,
        draft: InvoiceDraft,
        found: Invoice,
    ) -> Payment:
        refused: str | None = None
        try:
            if payment.invoice_withheld is None:
                try:
                    found = await self._send(payment, gateway, draft, found)
                except InvoiceRefused as exc:
                    # Written down first: whoever resumes cancels, and does not try it all again.
                    payment = await self._commit(
                        replace(payment, invoice_withheld=str(exc)), operation
                    )
            if payment.invoice_withheld is not None:
                found, refused = await cancel(payment, gateway, draft, found)
        except GatewayUnavailable as exc:
            now = self.clock.now()
            lost = replace(operation.lose(now, str(exc)), lease_until=None)
            await self._commit(payment, lost)
            raise
        return await self._end(payment, operation, found, refused)

    async def _watch(
        self, payment: Payment, operation: Operation, gateway: Invoices, draft: InvoiceDraft
    ) -> Payment:
        """One that could not be cancelled and was told of: tried again; it may have been paid."""
        found = await gateway.find_invoice(draft, operation.reference)
        refused = None
        if found is not None:
            found, refused = await cancel(payment, gateway, draft, found)
        if found is None or refused is not None:
            held = replace(operation, due_at=self.clock.now() + LOOK_AGAIN)
            return await self._commit(payment, held)
        if found.state in _PAID:
            return await self._end(payment, operation, found, None)
        ended = operation.settle(OperationState.declined, reason=payment.invoice_withheld)
        return await self._commit(payment, ended)

    async def _end(
        self, payment: Payment, operation: Operation, found: Invoice, refused: str | None
    ) -> Payment:
        """Write down where the invoice stands at last, or that the buyer may still pay it."""
        if found.state not in _PAID:
            because = payment.invoice_withheld or "somebody cancelled it at the gateway"
            if refused is None:
                return await self._withhold(payment, operation, because)
            until = self.clock.now() + LOOK_AGAIN
            held = operation.hold(until, reference=found.reference, reason=refused)
            withheld, facts = rules.withhold(payment, because, refused)
            return await self._commit(withheld, held, facts)
        settled = operation.settle(OperationState.succeeded, reference=found.reference)
        facts = [Fact(EventType.invoice_paid)]
        if found.state is InvoiceState.paid_twice:
            facts.append(Fact(EventType.invoice_paid_twice))
        return await self._commit(replace(payment, invoice_withheld=None), settled, facts)

    async def _send(
        self, payment: Payment, gateway: Invoices, draft: InvoiceDraft, found: Invoice
    ) -> Invoice:
        # Between send and record the buyer holds a payable invoice for money already taken, so
        # the two follow at once and an interrupted pair goes on where the gateway says it stands.
        if found.state is InvoiceState.draft:
            if rules.money_is_gone(payment):
                raise InvoiceRefused(rules.WENT_BACK)
            await gateway.send_invoice(found.reference, draft)
            found = replace(found, state=InvoiceState.sent)
        if found.state is InvoiceState.sent:
            await self._record(payment, gateway, draft, found.reference)
            found = await self._read_back(gateway, draft, found.reference)
        return found

    async def _record(
        self, payment: Payment, gateway: Invoices, draft: InvoiceDraft, reference: str
    ) -> None:
        try:
            await gateway.record_payment(reference, draft)
        except (GatewayUnavailable, InvoiceRefused) as exc:
            notices.invoice_unrecorded(payment, reference, str(exc))
            raise

    async def _read_back(self, gateway: Invoices, draft: InvoiceDraft, reference: str) -> Invoice:
        """The invoice as it stands now: the buyer may have paid it between send and record."""
        invoice = await gateway.find_invoice(draft, reference)
        if invoice is None or invoice.state in (InvoiceState.draft, InvoiceState.sent):
            raise GatewayUnavailable("the gateway does not show the invoice as paid yet")
        return invoice

    async def _withhold(
        self, payment: Payment, operation: Operation, because: str, payable: str | None = None
    ) -> Payment:
        settled = operation.settle(OperationState.declined, reason=because)
        withheld, facts = rules.withhold(payment, because, payable)
        return await self._commit(withheld, settled, facts)

    async def _commit(
        self, payment: Payment, operation: Operation, facts: Sequence[Fact] = ()
    ) -> Payment:
        decided = rules.settle(
            payment,
            operation,
            payment.status,
            now=self.clock.now(),
            new_id=self.ids.new,
            reason=payment.reason,
            facts=facts,
        )
        await self.ledger.commit(decided)
        notices.operation_unknown(payment, operation)
        return decided.entity


def _draft(payment: Payment) -> InvoiceDraft | None:
    """The invoice as the payment decides it: the same each time it is asked for."""
    sale = payment.transaction
    payer = payment.payer
    if sale is None or payer is None or payer.email is None or payment.invoice_number is None:
        return None
    plan = payment.plan
    item = (plan and (plan.name or plan.id)) or payment.order.description or "Payment"
    return InvoiceDraft(
        number=payment.invoice_number,
        transaction=sale.id,
        amount=sale.amount,
        item=item,
        recipient=payer.email,
        paid_on=sale.at,
        payer_name=payer.name,
    )
