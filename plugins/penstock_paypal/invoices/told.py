"""What PayPal is told of an invoice: its text, its letters and its payment (invoicing_v2)."""

from __future__ import annotations

from typing import Any

from penstock.api import InvoiceDraft
from penstock_paypal import shapes


def _settled(draft: InvoiceDraft) -> str:
    return (
        f"Already paid with PayPal transaction {draft.transaction}"
        f" on {draft.paid_on:%Y-%m-%d}. There is nothing left to pay."
    )


def wording(draft: InvoiceDraft) -> dict[str, Any]:
    """
    The invoice itself.

    Raises:
        ValueError: its amount has decimals, and PayPal takes none in that currency.
    """
    recipient: dict[str, Any] = {"email_address": draft.recipient}
    if draft.payer_name:
        recipient["name"] = {"full_name": draft.payer_name[:300]}
    return {
        "detail": {
            "invoice_number": draft.number,
            "reference": draft.transaction,
            "currency_code": draft.amount.currency,
            # The buyer holds it for a moment before the payment is recorded: it must say so.
            # No invoice_date: today by UTC may be tomorrow to PayPal, which would then only
            # schedule it.
            "note": _settled(draft),
            "payment_term": {"term_type": "DUE_ON_RECEIPT"},
        },
        "primary_recipients": [{"billing_info": recipient}],
        "items": [
            {
                "name": draft.item[:200] or "Payment",
                "quantity": "1",
                "unit_amount": shapes.amount(draft.amount),
            }
        ],
        "configuration": {"allow_tip": False},
    }


def mail(draft: InvoiceDraft) -> dict[str, Any]:
    """The letter it comes with."""
    return {
        "subject": f"Invoice {draft.number}, already paid",
        "note": _settled(draft),
        "send_to_invoicer": False,
        "send_to_recipient": True,
    }


def cancellation(draft: InvoiceDraft) -> dict[str, Any]:
    """The letter that takes it back."""
    return {
        "subject": f"Invoice {draft.number} is withdrawn",
        "note": f"Please do not pay it. {_settled(draft)}",
        "send_to_invoicer": False,
        "send_to_recipient": True,
    }


def payment(draft: InvoiceDraft) -> dict[str, Any]:
    """
    The sale, as the payment that settled it.

    Raises:
        ValueError: its amount has decimals, and PayPal takes none in that currency.
    """
    return {
        "method": "PAYPAL",
        "payment_id": draft.transaction,
        "payment_date": f"{draft.paid_on:%Y-%m-%d}",
        "amount": shapes.amount(draft.amount),
    }
