"""The text of an invoice: every field, and PayPal's limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.api import InvoiceState
from penstock_paypal.invoices.shown import reference_of, state
from penstock_paypal.invoices.template import InvoiceTemplate, Item, Letter, Seller, Tax, fill
from penstock_paypal.invoices.told import cancellation, mail, payment, wording
from tests.plugins.paypal.invoices import DRAFT, ID, invoice_body
from tests.plugins.paypal.sales import SALE


@pytest.mark.parametrize(
    ("paid", "stands"),
    [
        ({"type": "PAYPAL", "payment_id": "P-1"}, InvoiceState.paid_twice),
        ({"method": "PAYPAL", "payment_id": "P-1"}, InvoiceState.paid_twice),
        ({"type": "PAYPAL"}, InvoiceState.paid_twice),
        ({"type": "PAYPAL", "payment_id": "EXTR-1"}, InvoiceState.sent),
        ({"type": "PAYPAL", "payment_id": "A", "transaction_status": "denied"}, InvoiceState.sent),
        ({"type": "PAYPAL", "payment_id": SALE}, InvoiceState.recorded),
        ({"type": "EXTERNAL", "payment_id": "0"}, InvoiceState.sent),
        ({"type": "EXTERNAL", "payment_id": "Z"}, InvoiceState.sent),
        ({"type": "CASH", "method": "PAYPAL"}, InvoiceState.sent),
        ({"type": "WIRE_TRANSFER"}, InvoiceState.sent),
        ({}, InvoiceState.sent),
    ],
)
def test_a_buyer_pays_an_invoice_through_paypal_only(
    paid: dict[str, Any], stands: InvoiceState
) -> None:
    assert stands == state(invoice_body("SENT", paid), SALE)
    assert (stands if stands is InvoiceState.paid_twice else InvoiceState.draft) == state(
        invoice_body("DRAFT", paid), SALE
    )
    assert (stands if stands is InvoiceState.paid_twice else InvoiceState.recorded) == state(
        invoice_body("paid", paid), SALE
    )


@pytest.mark.parametrize(
    ("shown", "reference"),
    [
        ({"id": ID, "href": "https://x/v2/invoicing/invoices/OTHER"}, ID),
        ({"href": f"https://x/v2/invoicing/invoices/{ID}"}, ID),
        ({"href": f"https://x/v2/invoicing/invoices/{ID}/x"}, None),
        ({}, None),
        ("x", None),
    ],
)
def test_an_invoice_is_named_by_its_id_or_by_its_link(
    shown: object, reference: str | None
) -> None:
    assert reference == reference_of(shown)


TEMPLATE = InvoiceTemplate(
    paid="Paid {transaction}.",
    mail=Letter(subject="S {number}", note="N"),
    cancellation=Letter(subject="C", note="Gone"),
)


def test_an_invoice_is_told_exactly() -> None:
    line = {
        "name": "Gold, monthly",
        "quantity": "1",
        "unit_amount": {"currency_code": "USD", "value": "12.50"},
    }
    detail = {
        "invoice_number": DRAFT.number,
        "reference": SALE,
        "currency_code": "USD",
        "note": f"Paid {SALE}.",
        "payment_term": {"term_type": "DUE_ON_RECEIPT"},
    }
    known = {
        "detail": detail,
        "primary_recipients": [
            {
                "billing_info": {
                    "email_address": "buyer@example.com",
                    "name": {"full_name": "Ada Example"},
                }
            }
        ],
        "items": [line],
        "configuration": {"allow_tip": False, "tax_inclusive": False},
    }

    assert known == wording(DRAFT, TEMPLATE)
    tax = Tax(name="VAT", percent="19")
    full = TEMPLATE.model_copy(
        update={
            "tax": tax,
            "terms": "T",
            "seller": Seller(tax_id="1"),
            "item": Item(name="{reference}", description="D"),
            "note": "More",
        }
    )
    assert {
        **known,
        "detail": {**detail, "note": f"Paid {SALE}. More", "terms_and_conditions": "T"},
        "invoicer": {"tax_id": "1"},
        "items": [{**line, "name": "Payment", "description": "D", "tax": tax.model_dump()}],
        "configuration": {"allow_tip": False, "tax_inclusive": True},
    } == wording(DRAFT, full)
    nameless = wording(replace(DRAFT, payer_name=None), TEMPLATE)

    assert [{"billing_info": {"email_address": "buyer@example.com"}}] == (
        nameless["primary_recipients"]
    )
    assert {"method": "PAYPAL", "payment_id": SALE, "amount": line["unit_amount"]} == payment(
        DRAFT
    )


def test_the_letters_go_to_the_buyer_and_not_to_the_seller() -> None:
    told = {"send_to_invoicer": False, "send_to_recipient": True}

    assert {"subject": f"S {DRAFT.number}", "note": f"Paid {SALE}. N", **told} == (
        mail(DRAFT, TEMPLATE)
    )
    assert {"subject": "C", "note": f"Gone Paid {SALE}.", **told} == cancellation(DRAFT, TEMPLATE)


@pytest.mark.parametrize("length", [1, 200, 201, 300, 301, 1000, 1001, 1999, 2000])
def test_what_is_filled_in_is_cut_where_paypals_limits_are(length: int) -> None:
    long = replace(DRAFT, item="x" * length, payer_name="x" * length)
    described = TEMPLATE.model_copy(
        update={
            "item": Item(description="{item}"),
            "terms": "{item}{item}{item}",
            "note": "{item}",
        }
    )
    told = wording(long, described)

    assert (min(length, 200), min(length, 1000)) == (
        len(told["items"][0]["name"]),
        len(told["items"][0]["description"]),
    )
    assert min(length, 300) == len(
        told["primary_recipients"][0]["billing_info"]["name"]["full_name"]
    )
    assert min(3 * length, 4000) == len(told["detail"]["terms_and_conditions"])
    # Half of the limit for each of the two texts, and the space between them.
    assert len(f"Paid {SALE}. ") + min(length, 1999) == len(told["detail"]["note"])
    letter = TEMPLATE.model_copy(update={"mail": Letter(subject="{item}{item}{item}")})

    assert min(3 * length, 4000) == len(mail(long, letter)["subject"])
    assert "ab" == fill("abc", DRAFT, 2)


@pytest.mark.parametrize(
    ("part", "field", "most", "least"),
    [
        (Item, "name", 2000, 1),
        (Item, "description", 2000, 0),
        (Tax, "name", 100, 1),
        (Seller, "business_name", 300, 0),
        (Seller, "tax_id", 100, 0),
        (Seller, "additional_notes", 400, 0),
        (Seller, "website", 2048, 0),
        (Seller, "logo_url", 2000, 0),
        (Letter, "subject", 2000, 1),
        (Letter, "note", 2000, 0),
        (InvoiceTemplate, "note", 2000, 0),
        (InvoiceTemplate, "terms", 2000, 0),
        (InvoiceTemplate, "paid", 2000, 13),
    ],
)
def test_a_template_has_texts_that_paypal_takes(
    part: type[Any], field: str, most: int, least: int
) -> None:
    other: dict[Any, dict[str, Any]] = {
        Tax: {"name": "VAT", "percent": "19"},
        Letter: {"subject": "S"},
        InvoiceTemplate: TEMPLATE.model_dump(),
    }
    begins = {"website": "https://", "logo_url": "https://", "paid": "{transaction}"}
    start = begins.get(field, "")

    def made(length: int) -> Any:
        text = (start + "x" * length)[:length] if length else ""
        return part.model_validate({**other.get(part, {}), field: text})

    assert made(most)
    assert made(least)
    with pytest.raises(ValidationError):
        made(most + 1)
    if least:
        with pytest.raises(ValidationError):
            made(least - 1)
