"""Invoices at PayPal: each answer just beside the one that decides, decides otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.api import (
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    InvoiceRefund,
    InvoiceRefused,
    InvoiceState,
    Money,
    NotSent,
    Refused,
    Succeeded,
    Unanswered,
)
from penstock.testing.http import response
from penstock_paypal.invoices.shown import reference_of, state
from penstock_paypal.invoices.template import (
    InvoiceTemplate,
    Item,
    Letter,
    Seller,
    Tax,
    fill,
)
from penstock_paypal.invoices.told import cancellation, mail, payment, wording
from tests.plugins.paypal.invoices import CREATE, DRAFT, ID, OURS, SEARCH, SHOW, invoice_body
from tests.plugins.paypal.sales import SALE
from tests.plugins.paypal.subscribing import Scripted
from tests.plugins.paypal.told import Told, problem

NO_DECIMALS = replace(DRAFT, amount=Money(1250_01, "TWD"))
THERE = {"send": "SENT", "payments": "PAID", "cancel": "CANCELLED"}


def step(told: Told, verb: str) -> Any:
    return {
        "send": told.paypal.send_invoice,
        "payments": told.paypal.record_payment,
        "cancel": told.paypal.cancel_invoice,
    }[verb]


@pytest.mark.parametrize("verb", sorted(THERE))
@pytest.mark.parametrize("status", [400, 404, 409, 421, 423, 500])
async def test_only_a_422_is_explained_by_how_the_invoice_stands(
    told: Told, verb: str, status: int
) -> None:
    """
    Any other answer says nothing of what was done: the step is tried again, or refused.
    """
    told.at(SHOW, response(200, invoice_body(THERE[verb], OURS)))
    told.at(f"{SHOW}/{verb}", problem(status))
    with pytest.raises((GatewayUnavailable, InvoiceRefused)):
        await step(told, verb)(ID, DRAFT)

    assert ("GET", SHOW) not in told.asked
    told.at(f"{SHOW}/{verb}", problem(422))
    await step(told, verb)(ID, DRAFT)

    assert ("GET", SHOW) in told.asked


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        ("send", invoice_body("DRAFT")),
        ("send", invoice_body("CANCELLED")),
        ("payments", invoice_body("DRAFT")),
        ("payments", invoice_body("SENT")),
        ("cancel", invoice_body("SENT")),
        ("cancel", invoice_body("PAID", OURS)),
    ],
)
async def test_a_422_of_an_invoice_that_does_not_stand_there_is_a_refusal(
    told: Told, verb: str, shown: Any
) -> None:
    told.at(SHOW, response(200, shown))
    told.at(f"{SHOW}/{verb}", problem(422, "ODD"))
    with pytest.raises(InvoiceRefused, match=r"^PayPal, \w+ \w+: 422 ODD, X_NAME$"):
        await step(told, verb)(ID, DRAFT)
    told.at(SHOW, problem(404))
    with pytest.raises(InvoiceRefused):
        await step(told, verb)(ID, DRAFT)


async def test_an_invoice_that_is_never_sent_is_no_error_to_cancel(told: Told) -> None:
    told.at(SHOW, response(200, invoice_body("DRAFT")))
    told.at(f"{SHOW}/cancel", problem(422))
    await told.paypal.cancel_invoice(ID, DRAFT)

    assert ("DELETE", SHOW) not in told.asked


@pytest.mark.parametrize(
    ("deleted", "error"),
    [(response(204), None), (problem(404), GatewayUnavailable), (problem(400), InvoiceRefused)],
)
async def test_a_scheduled_invoice_is_cancelled_once_it_is_deleted(
    deleted: Any, error: type[Exception] | None
) -> None:
    scripted = Scripted(problem(422, "CANNOT_CANCEL_SCHEDULED_INVOICE"), deleted)
    if error:
        with pytest.raises(error):
            await scripted.paypal.cancel_invoice(ID, DRAFT)
    else:
        await scripted.paypal.cancel_invoice(ID, DRAFT)

    assert ["POST", "DELETE"] == [one.method for one in scripted.sent]


async def test_an_amount_that_paypal_cannot_write_is_refused_unasked(told: Told) -> None:
    refused = Refused("PayPal takes no decimals in TWD")

    assert refused == await told.paypal.create_invoice(NO_DECIMALS)
    with pytest.raises(InvoiceRefused, match=r"^PayPal takes no decimals in TWD$"):
        await told.paypal.record_payment(ID, NO_DECIMALS)
    with pytest.raises(InvoiceRefused, match=r"^PayPal takes no decimals in TWD$"):
        await told.paypal.record_refund(ID, DRAFT, NO_DECIMALS.amount)
    assert [] == told.asked


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_an_invoice_that_may_not_be_made_now_was_not_made(told: Told, status: int) -> None:
    told.at(CREATE, problem(status))

    assert isinstance(await told.paypal.create_invoice(DRAFT), NotSent)


@pytest.mark.parametrize(
    ("status", "looked"), [(399, False), (400, True), (402, False), (421, False), (422, True)]
)
async def test_only_a_400_or_422_may_be_an_earlier_attempts_doing(
    told: Told, status: int, looked: bool
) -> None:
    told.at(CREATE, problem(status))
    told.at(SEARCH, response(200, {"items": [{**invoice_body(), "id": ID}]}))
    told.at(SHOW, response(200, invoice_body()))
    answer = await told.paypal.create_invoice(DRAFT)

    assert (looked, looked) == (("POST", SEARCH) in told.asked, answer == Succeeded(ID))


async def test_an_invoice_that_was_made_and_not_named_is_looked_for(told: Told) -> None:
    told.at(CREATE, response(201, {}))
    told.at(SEARCH, response(200, {"items": []}))

    assert Unanswered("PayPal made the invoice and did not name it") == (
        await told.paypal.create_invoice(DRAFT)
    )
    told.at(SEARCH, problem(500))

    assert isinstance(await told.paypal.create_invoice(DRAFT), Unanswered)
    told.at(SEARCH, response(200, {"items": [invoice_body()]}))
    told.at(SHOW, response(200, invoice_body()))

    assert Succeeded(ID) == await told.paypal.create_invoice(DRAFT)


async def test_the_whole_invoice_is_asked_for_so_that_its_id_is_in_the_answer() -> None:
    scripted = Scripted(response(201, {"id": ID}))

    assert Succeeded(ID) == await scripted.paypal.create_invoice(DRAFT)
    assert "return=representation" == scripted.sent[0].headers["Prefer"]


@pytest.mark.parametrize("error", [HttpNotSent("no connection"), HttpUnanswered("timeout")])
async def test_a_lost_request_and_a_lost_answer_are_told_apart(
    told: Told, error: Exception
) -> None:
    told.at(CREATE, error)
    means = NotSent if isinstance(error, HttpNotSent) else Unanswered

    assert means is type(await told.paypal.create_invoice(DRAFT))


@pytest.mark.parametrize("number", ["A", f"{DRAFT.number}0", "Z"])
@pytest.mark.parametrize("reference", ["A", "ZZZ", None])
async def test_an_invoice_is_found_by_its_whole_number_and_is_ours_by_its_reference(
    told: Told, number: str, reference: str | None
) -> None:
    told.at(SEARCH, response(200, {"items": [invoice_body(number=number)]}))
    told.at(SHOW, response(200, invoice_body()))

    assert None is await told.paypal.find_invoice(DRAFT, None)
    told.at(SEARCH, response(200, {"items": [invoice_body()]}))
    found = await told.paypal.find_invoice(DRAFT, None)

    assert found
    assert (ID, DRAFT.number, InvoiceState.draft, False) == (
        found.reference,
        found.number,
        found.state,
        found.foreign,
    )
    told.at(SHOW, response(200, invoice_body(reference=reference)))
    found = await told.paypal.find_invoice(DRAFT, None)

    assert found
    assert found.foreign
    told.at(SHOW, problem(404))

    assert None is await told.paypal.find_invoice(DRAFT, None)


async def test_an_invoice_that_is_shown_by_its_reference_is_ours_and_not_searched_for(
    told: Told,
) -> None:
    told.at(SHOW, response(200, {**invoice_body(reference="ZZZ"), "detail": {}}))
    found = await told.paypal.find_invoice(DRAFT, ID)

    assert found
    assert (DRAFT.number, False) == (found.number, found.foreign)
    assert ("POST", SEARCH) not in told.asked
    told.at(SHOW, problem(404))
    told.at(SEARCH, response(200, {"items": []}))

    assert None is await told.paypal.find_invoice(DRAFT, ID)


@pytest.mark.parametrize("kind", ["EXTERNAL", "ZERO", None])
async def test_all_refunds_but_paypals_own_were_recorded(told: Told, kind: str | None) -> None:
    amount = {"currency_code": "USD", "value": "0.01"}
    paypals = {"type": "PAYPAL", "refund_id": "R-1"}
    recorded = {"type": kind, "refund_id": "R-2", "amount": amount}
    without_id = {**recorded, "refund_id": None}
    shown = {**invoice_body(), "refunds": {"transactions": [paypals, recorded, without_id]}}
    told.at(SHOW, response(200, shown))

    assert (InvoiceRefund("R-2", Money(1, "USD")), InvoiceRefund("", Money(1, "USD"))) == (
        await told.paypal.invoice_refunds(ID, DRAFT)
    )


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
