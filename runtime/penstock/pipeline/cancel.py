"""An invoice that is withheld though the buyer has it: taken back, or watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from penstock.api.invoices import Invoice, InvoiceDraft, Invoices, InvoiceState
from penstock.domain.payment import Payment
from penstock.errors import InvoiceRefused
from penstock.pipeline import notices

LOOK_AGAIN = timedelta(days=1)
"""How long the sweep leaves one alone that could not be cancelled."""


async def cancel(
    payment: Payment, gateway: Invoices, draft: InvoiceDraft, found: Invoice
) -> tuple[Invoice, str | None]:
    """
    Take a withheld invoice back; says how it stands then, and why the gateway would not.

    A gateway cancels nothing that is paid: what was refused is looked at once more.

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
