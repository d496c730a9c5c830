"""What an invoice says comes from a file; what it must say stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.api import InvoiceDraft, Money, SettingsError, Succeeded
from penstock.testing.context import FixedSecrets, context
from penstock.testing.http import Unreachable
from penstock_paypal.gateway import PayPal
from penstock_paypal.invoices.template import FOLDER, InvoiceTemplate, load
from penstock_paypal.invoices.told import cancellation, mail, payment, wording
from penstock_paypal.settings import PayPalSettings
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.invoices import DRAFT
from tests.plugins.paypal.sales import SALE

PAID = f"Already paid with PayPal transaction {SALE}. There is nothing left to pay."
KNOWN = replace(DRAFT, payment_id=f"paypal-{SALE}", order_reference="order-7")
LEAST = {
    "paid": "Paid by {transaction}.",
    "mail": {"subject": "x"},
    "cancellation": {"subject": "y"},
}


def template(**changes: Any) -> InvoiceTemplate:
    return InvoiceTemplate.model_validate({**LEAST, **changes})


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_template_of_the_plugin_is_one(path: Path) -> None:
    assert SALE in wording(KNOWN, load(path.stem))["detail"]["note"]


def test_the_invoice_and_both_letters_say_that_the_sale_is_paid() -> None:
    shipped = load("invoice")

    assert PAID == wording(DRAFT, shipped)["detail"]["note"]
    assert PAID == mail(DRAFT, shipped)["note"]
    assert f"Please do not pay it. {PAID}" == cancellation(DRAFT, shipped)["note"]


def test_placeholders_are_filled_in_with_what_is_known() -> None:
    text = "{item}|{number}|{transaction}|{payment}|{reference}|{payer}"

    assert (
        f"Gold, monthly|PS-{SALE}|{SALE}|paypal-{SALE}|order-7|Ada Example"
        == (wording(KNOWN, template(terms=text))["detail"]["terms_and_conditions"])
    )


def test_what_a_payer_calls_himself_is_no_template() -> None:
    draft = replace(KNOWN, payer_name="{reference}")

    assert (
        "{reference}"
        == wording(draft, template(terms="{payer}"))["detail"]["terms_and_conditions"]
    )


def test_long_texts_keep_the_sentence_that_says_it_is_paid() -> None:
    draft = replace(DRAFT, item="x" * 5000)
    long = template(note="{item}{item}", item={"name": "{item}", "description": "{item}"})
    told = wording(draft, long)

    assert told["detail"]["note"].startswith(f"Paid by {SALE}.")
    assert (4000 >= len(told["detail"]["note"]), 200, 1000) == (
        True,
        len(told["items"][0]["name"]),
        len(told["items"][0]["description"]),
    )


def test_seller_term_and_logo_are_told() -> None:
    seller = {"business_name": "Penstock Ltd", "logo_url": "https://shop.example/logo.png"}
    told = wording(DRAFT, template(seller=seller, payment_term="NO_DUE_DATE"))

    assert (seller, {"term_type": "NO_DUE_DATE"}) == (
        told["invoicer"],
        told["detail"]["payment_term"],
    )


def test_no_day_is_told_for_it_depends_on_the_zone() -> None:
    """02:30 in London is the evening before in America (PayPal-PHP-SDK issue 1027)."""
    told = json.dumps(
        [wording(DRAFT, load("invoice")), payment(DRAFT), mail(DRAFT, load("invoice"))]
    )

    assert "2026-11-02" not in told
    assert "_date" not in told


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({**LEAST, "note": "Dear {buyer}"}, "note: Value error, there is no placeholder {buyer}"),
        ({**LEAST, "paid": "Paid."}, "paid: Value error, must name the payment"),
        ({**LEAST, "payment_term": "DUE_ON_DATE_SPECIFIED"}, "payment_term: Input should be"),
        ({**LEAST, "tax": {"name": "VAT", "percent": "101"}}, "tax.percent: String should match"),
        ({**LEAST, "logo": "x"}, "logo: Extra inputs are not permitted"),
        ({**LEAST, "seller": {"logo_url": "http://x/y"}}, "seller.logo_url: String should match"),
        ("no object", "the file: "),
    ],
)
def test_a_template_that_is_none_is_an_error_that_says_where(
    tmp_path: Path, content: Any, says: str
) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(content))

    with pytest.raises(SettingsError) as refused:
        load("mine", tmp_path)

    assert f"paypal: templates/mine.json: {says}" in str(refused.value)
    assert str(refused.value).endswith("correct the file and build the zips again")


def test_a_template_that_is_not_there_is_an_error_at_start_that_names_those_that_are() -> None:
    settings = PayPalSettings(environment="sandbox", invoice_template="fancy")  # type: ignore[call-arg]  # the rest has defaults

    with pytest.raises(SettingsError, match=r"PROVIDER_PAYPAL_INVOICE_TEMPLATE.*invoice"):
        PayPal(context(settings, secrets=FixedSecrets({}), http=Unreachable()))


async def test_over_http_a_tax_is_part_of_what_was_paid(stage: Stage) -> None:
    taxed = wording(DRAFT, template(tax={"name": "VAT", "percent": "19"}))
    async with stage.control.post(
        "/v2/invoicing/invoices",
        json=taxed,
        headers={**await stage.bearer(), "Prefer": "return=representation"},
    ) as answer:
        made = await answer.json()

    assert ("12.50", {"name": "VAT", "percent": "19"}) == (
        made["amount"]["value"],
        made["items"][0]["tax"],
    )


async def test_over_http_the_payment_is_dated_by_paypals_day(stage: Stage) -> None:
    draft: InvoiceDraft = replace(DRAFT, amount=Money(1250, "USD"))
    made = await stage.paypal.create_invoice(draft)
    assert isinstance(made, Succeeded)
    await stage.paypal.send_invoice(made.reference, draft)
    await stage.paypal.record_payment(made.reference, draft)
    books = stage.simulator.books.invoices[made.reference]

    (recorded,) = books["payments"]["transactions"]
    assert books["detail"]["invoice_date"] == recorded["payment_date"]
