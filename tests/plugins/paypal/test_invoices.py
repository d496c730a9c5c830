"""Invoices: made once each, found again, and told apart from one paid twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    InvoiceState,
    Money,
    NotSent,
    Refused,
    Succeeded,
    Unanswered,
)
from penstock.testing.http import response
from penstock_paypal.invoices.shown import state
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.invoices import (
    BUYERS,
    CREATE,
    DRAFT,
    ID,
    OURS,
    SEARCH,
    SHOW,
    invoice_body,
)
from tests.plugins.paypal.sales import SALE
from tests.plugins.paypal.told import Told, jittered, problem


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response(201, invoice_body()), Succeeded(ID)),
        (
            response(201, {"rel": "self", "href": f"https://x/v2/invoicing/invoices/{ID}"}),
            Succeeded(ID),
        ),
        (HttpNotSent("refused"), NotSent("refused")),
        (
            problem(429, **{"retry-after": "7"}),
            NotSent("PayPal, create invoice: 429 X_NAME", jittered(7)),
        ),
        (
            response(503, {"name": "RATE_LIMIT_REACHED"}),
            NotSent("PayPal, create invoice: 503 RATE_LIMIT_REACHED", jittered(30)),
        ),
        (problem(503), Unanswered("PayPal, create invoice: 503 X_NAME")),
        (problem(401), NotSent("PayPal, create invoice: 401 X_NAME")),
        (HttpUnanswered("timeout"), Unanswered("timeout")),
        (problem(500), Unanswered("PayPal, create invoice: 500 X_NAME")),
        (response(502, b"<html>"), Unanswered("PayPal, create invoice: 502")),
        (problem(504), Unanswered("PayPal, create invoice: 504 X_NAME")),
        (problem(409), Unanswered("PayPal, create invoice: 409 X_NAME")),
        (response(302, b""), Unanswered("PayPal, create invoice: 302")),
        (response(200, b"<html>"), Unanswered("PayPal's answer is no JSON")),
        (response(201, b""), Unanswered("PayPal made the invoice and did not name it")),
        (problem(400, "BAD"), Refused("PayPal refused the invoice: 400 BAD, X_NAME")),
        (problem(403), NotSent("PayPal, create invoice: 403 X_NAME")),
        (response(415, b"<html>"), Refused("PayPal refused the invoice: 415")),
        (
            problem(422, "USER_NOT_FOUND"),
            Refused("PayPal refused the invoice: 422 USER_NOT_FOUND, X_NAME"),
        ),
    ],
)
async def test_what_became_of_a_creation_is_told_precisely(
    told: Told, answer: Any, expected: object
) -> None:
    """
    Whether it certainly did not happen, may have happened, or never will.
    """
    told.at(CREATE, answer)

    assert expected == await told.paypal.create_invoice(DRAFT)


async def test_a_bare_link_names_the_invoice_and_is_not_followed(told: Told) -> None:
    told.at(CREATE, response(201, {"href": f"https://evil.example/v2/invoicing/invoices/{ID}"}))

    assert Succeeded(ID) == await told.paypal.create_invoice(DRAFT)
    assert [("POST", CREATE)] == told.asked


async def test_a_number_that_is_taken_is_the_invoice_of_an_earlier_attempt(told: Told) -> None:
    """
    Whatever PayPal calls it: the specification does not say.
    """
    told.at(CREATE, problem(422, "SOMETHING_ABOUT_THE_NUMBER"))
    told.at(SEARCH, response(200, {"items": [invoice_body()]}))
    told.at(SHOW, response(200, invoice_body()))

    assert Succeeded(ID) == await told.paypal.create_invoice(DRAFT)


async def test_a_number_that_is_taken_by_nothing_we_see_is_unknown(told: Told) -> None:
    told.at(CREATE, problem(422, "DUPLICATE_INVOICE_NUMBER"))

    assert isinstance(await told.paypal.create_invoice(DRAFT), Unanswered)
    told.at(SEARCH, problem(500))

    assert isinstance(await told.paypal.create_invoice(DRAFT), Unanswered)


async def test_an_amount_paypal_cannot_write_is_refused_unasked(told: Told) -> None:
    odd = replace(DRAFT, amount=Money(1250, "HUF"))

    assert Refused("PayPal takes no decimals in HUF") == await told.paypal.create_invoice(odd)
    assert [] == told.http.asked


@pytest.mark.parametrize(
    ("status", "payments", "expected"),
    [
        ("DRAFT", [], InvoiceState.draft),
        ("SENT", [], InvoiceState.sent),
        ("SCHEDULED", [], InvoiceState.sent),
        ("UNPAID", [], InvoiceState.sent),
        ("SOMETHING_NEW", [], InvoiceState.sent),
        ("CANCELLED", [], InvoiceState.cancelled),
        ("PAID", [OURS], InvoiceState.recorded),
        ("MARKED_AS_PAID", [OURS], InvoiceState.recorded),
        ("MARKED_AS_PAID", [{**OURS, "payment_id": "EXTR-1"}], InvoiceState.recorded),
        ("PAID", [{"method": "PAYPAL", "payment_id": SALE}], InvoiceState.recorded),
        ("PAID", [{"method": "PAYPAL", "payment_id": "EXTR-1"}], InvoiceState.recorded),
        ("PAID", [{"type": "EXTERNAL", "method": "CASH"}], InvoiceState.recorded),
        ("REFUNDED", [OURS], InvoiceState.recorded),
        ("PAID", [BUYERS], InvoiceState.paid_twice),
        ("PARTIALLY_PAID", [BUYERS], InvoiceState.paid_twice),
        ("PAYMENT_PENDING", [BUYERS], InvoiceState.paid_twice),
        ("PAID", [OURS, BUYERS], InvoiceState.paid_twice),
        ("PAID", [BUYERS, OURS], InvoiceState.paid_twice),
        ("PAID", [{"method": "PAYPAL", "payment_id": "X"}], InvoiceState.paid_twice),
        ("SENT", [{**BUYERS, "transaction_status": "DENIED"}], InvoiceState.sent),
        ("PAID", ["no payment", None], InvoiceState.recorded),
    ],
)
def test_an_invoice_stands_where_its_payments_say(
    status: str, payments: list[Any], expected: InvoiceState
) -> None:
    """
    Paid by PayPal with another payment than the sale: the buyer has paid twice.
    """
    assert expected == state(invoice_body(status, *payments), SALE)


async def test_of_several_invoices_of_one_number_the_furthest_counts(told: Told) -> None:
    """
    PayPal may take a number twice; and its search may match in part.
    """
    other, longer = "INV2-AAAA-AAAA-AAAA-AAAA", "INV2-BBBB-BBBB-BBBB-BBBB"
    found = [
        {**invoice_body(), "id": other},
        {**invoice_body(number=f"{DRAFT.number}0"), "id": longer},
        invoice_body("PAID"),
    ]
    told.at(SEARCH, response(200, {"items": found}))
    told.at(f"{CREATE}/{other}", response(200, {**invoice_body(), "id": other}))
    told.at(SHOW, response(200, invoice_body("PAID", OURS)))
    invoice = await told.paypal.find_invoice(DRAFT, None)

    assert invoice is not None
    assert (ID, InvoiceState.recorded) == (invoice.reference, invoice.state)


async def test_a_reference_that_is_gone_is_looked_for_by_number(told: Told) -> None:
    told.at(SHOW, problem(404))

    assert await told.paypal.find_invoice(DRAFT, ID) is None
    assert [("GET", SHOW), ("POST", SEARCH)] == told.asked


@pytest.mark.parametrize("answer", [problem(400), problem(403), response(200, b""), problem(500)])
async def test_a_search_that_was_not_answered_is_not_an_empty_one(told: Told, answer: Any) -> None:
    told.at(SEARCH, answer)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.find_invoice(DRAFT, None)


async def test_over_http_a_strict_paypal_has_the_invoice_whose_answer_was_lost(
    stage: Stage,
) -> None:
    await stage.control.put("/_simulator/unique-invoice-numbers", json=True)
    await stage.fault(method="POST", path=f"^{CREATE}$", drop=True, after=True, times=1)
    lost = await stage.paypal.create_invoice(DRAFT)
    again = await stage.paypal.create_invoice(DRAFT)

    assert isinstance(lost, Unanswered)
    assert isinstance(again, Succeeded)
    assert [again.reference] == [one["id"] for one in await stage.invoices()]
