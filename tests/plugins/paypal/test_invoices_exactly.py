"""Invoices made, sent, cancelled, looked for: one answer decides, the next one otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

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
from tests.plugins.paypal.invoices import CREATE, DRAFT, ID, OURS, SEARCH, SHOW, invoice_body
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
