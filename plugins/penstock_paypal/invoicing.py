"""The part of the gateway that writes invoices, and what went back on them."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import CreateAnswer, Invoice, InvoiceDraft, InvoiceRefund, Money
from penstock_paypal.parts import Parts


class WritesInvoices:
    """`Invoices` and `InvoiceRefunds`."""

    _parts: Parts

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        """Create the draft; never raises for what PayPal may answer."""
        return await self._parts.invoices.create(draft)

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        """
        Find the invoice by its reference, else by its number.

        Raises:
            GatewayUnavailable: no answer.
        """
        return await self._parts.invoices.find(draft, reference)

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have PayPal mail it. Sending twice has no further effect.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._parts.invoices.send(reference, draft)

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Record the sale as the invoice's payment.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._parts.invoices.record(reference, draft)

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have PayPal cancel it and tell the buyer; one cancelled already, or never sent, stays so.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._parts.invoices.cancel(reference, draft)

    async def invoice_refunds(
        self, reference: str, draft: InvoiceDraft
    ) -> Sequence[InvoiceRefund]:
        """
        What is recorded on the invoice as refunded.

        Raises:
            GatewayUnavailable: no answer.
        """
        return await self._parts.recorded_refunds.list(reference)

    async def record_refund(self, reference: str, draft: InvoiceDraft, amount: Money) -> None:
        """
        Record that so much more went back.

        Raises:
            GatewayUnavailable: no answer, or not now; it may be recorded.
            InvoiceRefused: never.
        """
        await self._parts.recorded_refunds.record(reference, amount)

    async def delete_refund(self, reference: str, draft: InvoiceDraft, refund: str) -> None:
        """
        Take a recorded refund off the invoice; one that is gone already is no error.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._parts.recorded_refunds.delete(reference, refund)
