"""
The refunds on a paid invoice: brought to what went back of its payment.

    read ──► the same ───────────────────────────────────────────► succeeded
         ├─► too little: record the difference ──► read back ──┬─► succeeded
         ├─► too much: delete, record what is missing ─────────┘
         └─► in doubt and too little: wait, it may turn up; then record

    refused for good ──► declined; the next change of the total reserves it anew
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.api.gateway import Gateway
from penstock.api.invoices import InvoiceDraft, InvoiceRefund, InvoiceRefunds
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import GatewayUnavailable, InvoiceRefused, NotShownYet, UnknownGateway
from penstock.pipeline import notices
from penstock.pipeline.invoice_work import InvoiceWork, draft_of

_NOT_SHOWN = "the gateway does not show the refund on the invoice"


@dataclass(frozen=True, slots=True)
class RefundsOnInvoice:
    """Runs a payment's `invoice_refunds` operation."""

    gateways: Mapping[str, Gateway]
    work: InvoiceWork

    async def __call__(self, payment: Payment) -> Payment:
        """
        Bring the refunds on the payment's invoice to its total, if that is to be done.

        Raises:
            TransientError: not now; the caller or the sweep tries again.
            UnknownGateway: its gateway is not configured here; the operation stays open.
        """
        operation = payment.operation(OperationKind.invoice_refunds)
        if operation is None or not operation.open:
            return payment
        gateway = self.gateways.get(payment.gateway)
        if gateway is None:
            raise UnknownGateway("the invoice's gateway is not configured here")
        invoice = payment.operation(OperationKind.invoice)
        reference = invoice.reference if invoice else None
        draft = draft_of(payment)
        if not isinstance(gateway, InvoiceRefunds) or draft is None or reference is None:
            because = "its gateway records no refunds on invoices"
            return await self._refused(payment, operation, because)
        self.work.free(operation)
        try:
            return await self._bring(payment, operation, gateway, draft, reference)
        except InvoiceRefused as exc:
            latest = await self.work.latest(payment)
            running = latest.operation(OperationKind.invoice_refunds) or operation
            return await self._refused(latest, running, str(exc))

    async def _bring(
        self,
        payment: Payment,
        operation: Operation,
        gateway: InvoiceRefunds,
        draft: InvoiceDraft,
        reference: str,
    ) -> Payment:
        target = payment.refunded.minor if payment.refunded else 0
        recorded = await gateway.invoice_refunds(reference, draft)
        if _total(recorded) == target:
            return await self._recorded(payment, operation)
        if _total(recorded) < target and operation.state is not OperationState.reserved:
            # Recorded, perhaps, and not shown yet: recording it again would count it twice.
            await self.work.wait_out(payment, operation, _NOT_SHOWN)
        if (restricted := await self.work.restriction(payment)) is not None:
            return await self.work.keep(payment, operation, restricted)
        payment, submitted = await self.work.submit(payment, operation)
        try:
            await _correct(gateway, draft, reference, recorded, target)
            if _total(await gateway.invoice_refunds(reference, draft)) != target:
                raise NotShownYet(_NOT_SHOWN)
        except GatewayUnavailable as exc:
            await self.work.lose(payment, submitted, str(exc))
            raise
        return await self._recorded(payment, submitted)

    async def _recorded(self, payment: Payment, operation: Operation) -> Payment:
        # A commit in between makes our version stale, so this is the total that was recorded.
        settled = operation.settle(OperationState.succeeded)
        return await self.work.commit(rules.refunds_recorded(payment), settled)

    async def _refused(self, payment: Payment, operation: Operation, because: str) -> Payment:
        settled = operation.settle(OperationState.declined, reason=because)
        payment = await self.work.commit(rules.refunds_refused(payment), settled)
        notices.invoice_refund_refused(payment, because)
        return payment


async def _correct(
    gateway: InvoiceRefunds,
    draft: InvoiceDraft,
    reference: str,
    recorded: Sequence[InvoiceRefund],
    target: int,
) -> None:
    """Delete what is too much, the refund of that amount first; then record what is missing."""
    left = list(recorded)
    while (excess := _total(left) - target) > 0:
        one = min(left, key=lambda one: (abs(one.amount.minor - excess), one.id))
        await gateway.delete_refund(reference, draft, one.id)
        left.remove(one)
    missing = target - _total(left)
    if missing > 0:
        await gateway.record_refund(reference, draft, Money(missing, draft.amount.currency))


def _total(recorded: Sequence[InvoiceRefund]) -> int:
    return sum(one.amount.minor for one in recorded)
