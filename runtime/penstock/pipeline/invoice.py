"""
The invoice of a paid payment: created, sent by the gateway, recorded as paid; exactly once.

    reserved ──► find ─┬ not there: create ──► note its id ──► send ──► record ──► succeeded
                       ├ ours: go on where it stands
                       └ the number is another's: withheld
    no answer to create ──► unknown ──► find ─┬ found: go on where it stands
                                              └ not there: wait; once the search has stayed empty
                                                long enough, create again; withhold it if it was
                                                there before
    restricted ──► left where it stands until a release; one in doubt is still looked for
    refused for good once it was made ──► note why ──► cancel ──► withheld

An invoice that was mailed and cannot be recorded is cancelled, so that the buyer cannot pay it.

A gateway may keep no idempotency keys for invoices (PayPal keeps none). So the number is derived
from the payment, and the invoice is searched for before every create: a ledger may have been lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from penstock.api.answers import NotSent, Refused, Succeeded, Unanswered
from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.api.invoices import Invoice, InvoiceDraft, Invoices, InvoiceState
from penstock.domain import rules
from penstock.domain.change import Fact
from penstock.domain.events import EventType
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.restriction import Restriction
from penstock.errors import GatewayUnavailable, InvoiceRefused, NotShownYet, UnknownGateway
from penstock.pipeline import notices
from penstock.pipeline.cancel import LOOK_AGAIN, cancel
from penstock.pipeline.gate import Gate
from penstock.pipeline.invoice_refunds import RefundsOnInvoice
from penstock.pipeline.invoice_work import InvoiceWork, draft_of
from penstock.pipeline.observe import abilities
from penstock.ports import Ledger

_PAID = (InvoiceState.recorded, InvoiceState.paid_twice)


@dataclass(frozen=True, slots=True)
class Invoicing:
    """
    Runs a payment's invoice operation, and then the one for the refunds on the invoice.

    Attributes:
        lease: longer than one message may take.
        unknown_after: how long the search for an invoice must stay empty, after a create without
            an answer, before it is created again.
    """

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    clock: Clock
    ids: Ids
    lease: timedelta
    unknown_after: timedelta
    gate: Gate

    @property
    def work(self) -> InvoiceWork:
        """The parts that its operations share."""
        return InvoiceWork(
            self.ledger, self.clock, self.ids, self.lease, self.unknown_after, self.gate
        )

    async def __call__(self, payment: Payment) -> Payment:
        """
        Bring the payment's invoice and the refunds on it, where open, to their end.

        Raises:
            TransientError: not now; the caller or the sweep tries again.
            UnknownGateway: its gateway is not configured here; the invoice stays open.
        """
        payment = await self._invoice(payment)
        return await RefundsOnInvoice(self.gateways, self.work)(payment)

    async def _invoice(self, payment: Payment) -> Payment:
        operation = payment.operation(OperationKind.invoice)
        if operation is None or not operation.open:
            return payment
        gateway = self.gateways.get(payment.gateway)
        if gateway is None:
            raise UnknownGateway("the invoice's gateway is not configured here")
        if not isinstance(gateway, Invoices):
            payable = "its gateway cannot cancel it" if operation.reference else None
            because = "its gateway makes no invoices"
            return await self._withhold(payment, operation, because, payable)
        draft = draft_of(payment)
        if draft is None:
            return await self._withhold(payment, operation, rules.NO_RECIPIENT)
        try:
            return await self._run(payment, operation, gateway, draft)
        except InvoiceRefused as exc:
            latest = await self.work.latest(payment)
            latest_operation = latest.operation(OperationKind.invoice) or operation
            because = latest.invoice_withheld or str(exc)
            return await self._withhold(latest, latest_operation, because)

    async def _run(
        self, payment: Payment, operation: Operation, gateway: Invoices, draft: InvoiceDraft
    ) -> Payment:
        self.work.free(operation)
        if operation.state is OperationState.pending:
            return await self._watch(payment, operation, gateway, draft)
        restricted = await self._restriction(payment)
        if restricted and operation.state is OperationState.reserved:
            return await self.work.keep(payment, operation, restricted)
        # Before the first create, too: an earlier ledger may have made it, and was lost.
        found = await gateway.find_invoice(draft, operation.reference)
        if found is not None and found.foreign:
            # An attempt: only a person can have it made, under another number.
            ended = replace(operation, attempts=operation.attempts + 1)
            return await self._withhold(payment, ended, _taken(draft))
        if found is None and operation.state is not OperationState.reserved:
            await self.work.wait_out(payment, operation, "the gateway does not show the invoice")
            if operation.reference is not None:
                # It was there and was removed at the gateway: do not make it a second time.
                raise InvoiceRefused("it is not at the gateway any more")
        if found is None and rules.money_is_gone(payment):
            raise InvoiceRefused(rules.WENT_BACK)
        if restricted and (found is None or found.state not in _PAID):
            return await self.work.keep(payment, operation, restricted)
        payment, submitted = await self.work.submit(payment, operation)
        if found is None:
            payment, submitted = await self._create(payment, submitted, gateway, draft)
            found = Invoice(submitted.reference or "", draft.number, InvoiceState.draft)
        elif submitted.reference != found.reference:
            submitted = submitted.refer(found.reference)
            payment = await self.work.commit(payment, submitted)
        return await self._finish(payment, submitted, gateway, draft, found)

    async def _restriction(self, payment: Payment) -> Restriction | None:
        # A withheld invoice is only cancelled from here on, so that the buyer cannot pay it.
        if payment.invoice_withheld is not None:
            return None
        return await self.work.restriction(payment)

    async def _create(
        self, payment: Payment, operation: Operation, gateway: Invoices, draft: InvoiceDraft
    ) -> tuple[Payment, Operation]:
        answer = await gateway.create_invoice(draft)
        match answer:
            case Succeeded(reference):
                noted = operation.refer(reference)
                return await self.work.commit(payment, noted), noted
            case NotSent(because, retry_after):
                again = self.clock.now() + timedelta(seconds=retry_after or 60)
                await self.work.commit(payment, operation.release(because, again))
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                await self.work.lose(payment, operation, because)
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
                    # Written down first: the next try then cancels instead of sending again.
                    payment = await self.work.commit(
                        replace(payment, invoice_withheld=str(exc)), operation
                    )
            if payment.invoice_withheld is not None:
                found, refused = await cancel(payment, gateway, draft, found)
        except GatewayUnavailable as exc:
            await self.work.lose(payment, operation, str(exc))
            raise
        return await self._end(payment, operation, found, refused)

    async def _watch(
        self, payment: Payment, operation: Operation, gateway: Invoices, draft: InvoiceDraft
    ) -> Payment:
        """Try again to cancel an invoice that stayed payable; the buyer may have paid it."""
        found = await gateway.find_invoice(draft, operation.reference)
        refused = None
        if found is not None:
            found, refused = await cancel(payment, gateway, draft, found)
        if found is None or refused is not None:
            held = replace(operation, due_at=self.clock.now() + LOOK_AGAIN)
            return await self.work.commit(payment, held)
        if found.state in _PAID:
            return await self._end(payment, operation, found, None)
        ended = operation.settle(OperationState.declined, reason=payment.invoice_withheld)
        return await self.work.commit(payment, ended)

    async def _end(
        self, payment: Payment, operation: Operation, found: Invoice, refused: str | None
    ) -> Payment:
        """Write down where the invoice stands at last, or that the buyer may still pay it."""
        if found.state not in _PAID:
            because = payment.invoice_withheld or "it was cancelled at the gateway"
            if refused is None:
                return await self._withhold(payment, operation, because)
            until = self.clock.now() + LOOK_AGAIN
            held = operation.hold(until, reference=found.reference, reason=refused)
            withheld, facts = _withheld(payment, because, refused)
            return await self.work.commit(withheld, held, facts)
        settled = operation.settle(OperationState.succeeded, reference=found.reference)
        facts = [Fact(EventType.invoice_paid)]
        twice = found.state is InvoiceState.paid_twice
        if twice and not payment.invoice_paid_twice:
            facts.append(Fact(EventType.invoice_paid_twice))
        paid = replace(
            payment.with_operation(settled),
            invoice_withheld=None,
            invoice_paid_twice=twice or payment.invoice_paid_twice,
        )
        can = abilities(self.gateways[payment.gateway])
        paid = rules.reserve_refunds(paid, self.clock.now(), can)
        return await self.work.commit(paid, settled, facts)

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
            raise NotShownYet("the gateway does not show the invoice as paid yet")
        return invoice

    async def _withhold(
        self, payment: Payment, operation: Operation, because: str, payable: str | None = None
    ) -> Payment:
        settled = operation.settle(OperationState.declined, reason=because)
        withheld, facts = _withheld(payment, because, payable)
        return await self.work.commit(withheld, settled, facts)


def _withheld(payment: Payment, because: str, payable: str | None) -> tuple[Payment, list[Fact]]:
    # A reason that was noted before the cancel has not been published yet.
    return rules.withhold(replace(payment, invoice_withheld=None), because, payable)


def _taken(draft: InvoiceDraft) -> str:
    return f"another invoice at the gateway has the number {draft.number}"
