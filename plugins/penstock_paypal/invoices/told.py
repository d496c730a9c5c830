"""
The requests about an invoice to PayPal: its text, e-mails, payment and refunds (invoicing_v2).

No date is sent: today in UTC may be tomorrow for the merchant. PayPal's specification requires
none of `invoice_date`, `payment_date` and `refund_date`, and PayPal fills them in.
"""

from __future__ import annotations

from typing import Any

from penstock.api import InvoiceDraft, Money
from penstock_paypal import shapes
from penstock_paypal.invoices.template import (
    DESCRIPTION,
    NAME,
    NOTE,
    InvoiceTemplate,
    Letter,
    fill,
)


def wording(draft: InvoiceDraft, template: InvoiceTemplate) -> dict[str, Any]:
    """
    The invoice itself; `reference` names the sale, and by it the invoice is known again.

    Raises:
        ValueError: its amount has decimals, and PayPal takes none in that currency.
    """
    recipient: dict[str, Any] = {"email_address": draft.recipient}
    if draft.payer_name:
        recipient["name"] = {"full_name": draft.payer_name[:300]}
    terms = fill(template.terms, draft, NOTE)
    seller = {name: value for name, value in template.seller.model_dump().items() if value}
    return {
        "detail": {
            "invoice_number": draft.number,
            "reference": draft.transaction,
            "currency_code": draft.amount.currency,
            "note": _note(draft, template.paid, template.note),
            "payment_term": {"term_type": template.payment_term},
            **({"terms_and_conditions": terms} if terms else {}),
        },
        **({"invoicer": seller} if seller else {}),
        "primary_recipients": [{"billing_info": recipient}],
        "items": [_line(draft, template)],
        # The tax is part of what was paid, so it must not be added to it.
        "configuration": {"allow_tip": False, "tax_inclusive": template.tax is not None},
    }


def mail(draft: InvoiceDraft, template: InvoiceTemplate) -> dict[str, Any]:
    """The letter it comes with."""
    letter = template.mail
    return _letter(draft, letter, _note(draft, template.paid, letter.note))


def cancellation(draft: InvoiceDraft, template: InvoiceTemplate) -> dict[str, Any]:
    """The letter that takes it back."""
    letter = template.cancellation
    return _letter(draft, letter, _note(draft, letter.note, template.paid))


def payment(draft: InvoiceDraft) -> dict[str, Any]:
    """
    The sale, as the payment that settled it.

    Raises:
        ValueError: its amount has decimals, and PayPal takes none in that currency.
    """
    return {
        "method": "PAYPAL",
        "payment_id": draft.transaction,
        "amount": shapes.amount(draft.amount),
    }


def refund(amount: Money) -> dict[str, Any]:
    """
    What went back of the sale; PayPal gives the record an id of its own.

    Raises:
        ValueError: its amount has decimals, and PayPal takes none in that currency.
    """
    return {"method": "PAYPAL", "amount": shapes.amount(amount)}


def _line(draft: InvoiceDraft, template: InvoiceTemplate) -> dict[str, Any]:
    description = fill(template.item.description, draft, DESCRIPTION)
    return {
        "name": fill(template.item.name, draft, NAME).strip() or "Payment",
        "quantity": "1",
        "unit_amount": shapes.amount(draft.amount),
        **({"description": description} if description else {}),
        **({"tax": template.tax.model_dump()} if template.tax else {}),
    }


def _letter(draft: InvoiceDraft, letter: Letter, note: str) -> dict[str, Any]:
    return {
        "subject": fill(letter.subject, draft, NOTE),
        "note": note,
        "send_to_invoicer": False,
        "send_to_recipient": True,
    }


def _note(draft: InvoiceDraft, *texts: str) -> str:
    # Half of PayPal's limit each, so that neither cuts the other off.
    filled = (fill(text, draft, NOTE // 2 - 1) for text in texts)
    return " ".join(text for text in filled if text)
