"""A draft of an invoice, and the invoice as PayPal shows it, paid by us or by the buyer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from penstock.api import InvoiceDraft, Money
from tests.plugins.paypal.sales import SALE

DRAFT = InvoiceDraft(
    number=f"PS-{SALE}",
    transaction=SALE,
    amount=Money(1250, "USD"),
    item="Gold, monthly",
    recipient="buyer@example.com",
    paid_on=datetime(2026, 11, 2, 11, 59, tzinfo=UTC),
    payer_name="Ada Example",
)

ID = "INV2-26KH-MY9Q-USVG-4WZD"
CREATE = "/v2/invoicing/invoices"
SEARCH = "/v2/invoicing/search-invoices?page=1&page_size=100&total_required=false"
SHOW = f"{CREATE}/{ID}"


def invoice_body(
    status: str = "DRAFT",
    *payments: dict[str, Any],
    number: str = DRAFT.number,
    reference: str | None = SALE,
) -> Any:
    return {
        "id": ID,
        "status": status,
        "detail": {"invoice_number": number, "reference": reference},
        "payments": {"transactions": list(payments)},
    }


OURS = {"type": "EXTERNAL", "method": "PAYPAL", "payment_id": SALE}
BUYERS = {"type": "PAYPAL", "method": "PAYPAL", "payment_id": "8E2904407M872241P"}
