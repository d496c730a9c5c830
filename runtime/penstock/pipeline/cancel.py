"""Cancels a withheld invoice that the buyer has already, or watches it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from penstock.api.invoices import Invoice, InvoiceDraft, Invoices, InvoiceState
from penstock.domain.payment import Payment
from penstock.errors import InvoiceRefused
from penstock.pipeline import notices

LOOK_AGAIN = timedelta(days=1)
"""How long the sweep waits before it tries again to cancel an invoice."""


async def cancel(
    payment: Payment, gateway: Invoices, draft: InvoiceDraft, found: Invoice
) -> tuple[Invoice, str | None]:
    """
    Cancel a withheld invoice. Returns how it stands then, and why the gateway refused, if so.

    A gateway does not cancel a paid invoice, so after a refusal the invoice is read again.

    Raises:
        GatewayUnavailable: no answer.
    """
    try:
        await gateway.cancel_invoice(found.reference, draft)
    except InvoiceRefused as exc:
        shown = await gateway.find_invoice(draft, found.reference) or found
        if shown.state is not InvoiceState.sent:
            return shown, None
        notices.invoice_unrecorded(payment, found.reference, f"not cancelled: {exc}")
        return shown, str(exc)
    return replace(found, state=InvoiceState.cancelled), None
