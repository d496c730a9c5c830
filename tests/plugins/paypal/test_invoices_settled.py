"""Invoices that are made: mailed and settled, or cancelled; refused for now or for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    HttpUnanswered,
    InvoiceDraft,
    InvoiceRefused,
    InvoiceState,
    Money,
    Succeeded,
)
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.invoices import BUYERS, DRAFT, ID, OURS, SHOW, invoice_body
from tests.plugins.paypal.sales import SALE
from tests.plugins.paypal.told import Told, problem


@pytest.mark.parametrize("verb", ["send", "payments", "cancel"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (problem(400), InvoiceRefused),
        (problem(403), GatewayUnavailable),
        (problem(422, "CANNOT_PROCESS_PAYMENTS"), InvoiceRefused),
        (problem(404), GatewayUnavailable),
        (problem(429), GatewayUnavailable),
        (problem(500), GatewayUnavailable),
        (problem(401), GatewayUnavailable),
        (HttpUnanswered("timeout"), GatewayUnavailable),
        (response(200, b"<html>"), GatewayUnavailable),
    ],
)
async def test_sending_and_recording_fail_for_now_or_for_good(
    told: Told, verb: str, answer: Any, error: type[Exception]
) -> None:
    told.at(f"{SHOW}/{verb}", answer)
    told.at(SHOW, response(200, invoice_body("SENT" if verb == "cancel" else "DRAFT")))
    step = {
        "send": told.paypal.send_invoice,
        "payments": told.paypal.record_payment,
        "cancel": told.paypal.cancel_invoice,
    }[verb]
    with pytest.raises(error):
        await step(ID, DRAFT)


@pytest.mark.parametrize("payments", [[OURS], [BUYERS], [OURS, BUYERS]])
async def test_an_invoice_that_is_paid_already_takes_no_payment_and_is_no_error(
    told: Told, payments: list[Any]
) -> None:
    """
    By us or meanwhile by the buyer: whoever reads it back sees which.
    """
    told.at(f"{SHOW}/payments", problem(422, "CANNOT_PROCESS_PAYMENTS"))
    told.at(SHOW, response(200, invoice_body("PAID", *payments)))
    await told.paypal.record_payment(ID, DRAFT)

    assert ("GET", SHOW) in told.asked


@pytest.mark.parametrize("reference", ["", "../../v1/payments", "INV2/..", "a"])
async def test_a_reference_that_must_not_enter_a_path_is_refused_unasked(
    told: Told, reference: str
) -> None:
    paypal = told.paypal
    for step in (paypal.send_invoice, paypal.record_payment, paypal.cancel_invoice):
        with pytest.raises(InvoiceRefused):
            await step(reference, DRAFT)

    assert [] == told.http.asked


@pytest.mark.parametrize("status", ["CANCELLED", "DRAFT"])
async def test_an_invoice_nobody_can_pay_any_more_is_no_error_to_cancel(
    told: Told, status: str
) -> None:
    told.at(f"{SHOW}/cancel", problem(422, "INVOICE_CANCELED_ALREADY"))
    told.at(SHOW, response(200, invoice_body(status)))

    await told.paypal.cancel_invoice(ID, DRAFT)

    assert [("POST", f"{SHOW}/cancel"), ("GET", SHOW)] == told.asked


async def test_an_invoice_that_is_scheduled_is_deleted_for_it_cannot_be_cancelled(
    told: Told,
) -> None:
    told.at(f"{SHOW}/cancel", problem(422, "CANNOT_CANCEL_SCHEDULED_INVOICE"))
    told.at(SHOW, response(204, b""))

    await told.paypal.cancel_invoice(ID, DRAFT)

    assert [("POST", f"{SHOW}/cancel"), ("DELETE", SHOW)] == told.asked


async def test_an_invoice_that_is_paid_is_not_said_to_be_cancelled(told: Told) -> None:
    told.at(f"{SHOW}/cancel", problem(422, "CANNOT_CANCEL_PAID_INVOICE"))
    told.at(SHOW, response(200, invoice_body("PAID", BUYERS)))

    with pytest.raises(InvoiceRefused, match="CANNOT_CANCEL_PAID_INVOICE"):
        await told.paypal.cancel_invoice(ID, DRAFT)


async def _made(stage: Stage, draft: InvoiceDraft = DRAFT) -> str:
    made = await stage.paypal.create_invoice(draft)
    assert isinstance(made, Succeeded)
    return made.reference


async def test_over_http_an_invoice_says_it_is_paid_is_mailed_once_and_settled(
    stage: Stage,
) -> None:
    reference = await _made(stage)
    for _ in range(2):
        await stage.paypal.send_invoice(reference, DRAFT)
        await stage.paypal.record_payment(reference, DRAFT)
    (shown,) = await stage.invoices()

    assert (DRAFT.number, "PAID", "buyer@example.com", 1, SALE) == (
        shown["number"],
        shown["status"],
        shown["recipient"],
        shown["mailed"],
        shown["sale"],
    )
    assert [(SALE, {"currency_code": "USD", "value": "12.50"})] == [
        (one["payment_id"], one["amount"]) for one in shown["payments"]
    ]
    assert f"Already paid with PayPal transaction {SALE}" in shown["note"]


@pytest.mark.parametrize("money", [Money(1250, "JPY"), Money(125000, "HUF"), Money(700, "TWD")])
async def test_over_http_currencies_without_decimals_are_written_without(
    stage: Stage, money: Money
) -> None:
    draft = replace(DRAFT, amount=money)
    reference = await _made(stage, draft)
    await stage.paypal.send_invoice(reference, draft)
    await stage.paypal.record_payment(reference, draft)
    (shown,) = await stage.invoices()

    assert ("PAID", True) == (shown["status"], shown["amount"]["value"].isdigit())


async def test_over_http_one_who_pays_before_we_record_has_paid_twice(stage: Stage) -> None:
    reference = await _made(stage)
    await stage.paypal.send_invoice(reference, DRAFT)
    await stage.control.post(f"/_simulator/invoices/{reference}/pay")
    await stage.paypal.record_payment(reference, DRAFT)
    invoice = await stage.paypal.find_invoice(DRAFT, reference)

    assert invoice is not None
    assert InvoiceState.paid_twice == invoice.state


async def test_over_http_one_who_pays_what_is_recorded_has_paid_twice(stage: Stage) -> None:
    reference = await _made(stage)
    await stage.paypal.send_invoice(reference, DRAFT)
    await stage.paypal.record_payment(reference, DRAFT)
    await stage.control.post(f"/_simulator/invoices/{reference}/pay")
    invoice = await stage.paypal.find_invoice(DRAFT, None)

    assert invoice is not None
    assert InvoiceState.paid_twice == invoice.state


async def test_over_http_a_cancelled_invoice_is_refused_for_good(stage: Stage) -> None:
    reference = await _made(stage)
    stage.simulator.books.invoices[reference]["status"] = "CANCELLED"
    for step in (stage.paypal.send_invoice, stage.paypal.record_payment):
        with pytest.raises(InvoiceRefused):
            await step(reference, DRAFT)


async def test_over_http_the_webhook_of_a_paid_invoice_leads_back_to_its_sale(
    stage: Stage,
) -> None:
    await stage.trigger(set={"resource.id": SALE})
    await _made(stage)
    await stage.trigger(event_type="INVOICING.INVOICE.PAID")
    _, delivery = stage.received

    assert f"paypal-{SALE}" == stage.paypal.read(delivery).entity
