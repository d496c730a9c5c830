"""Invoices: once each, found again, mailed, settled; and told apart from one paid twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    InvoiceDraft,
    InvoiceRefused,
    InvoiceState,
    Money,
    NotSent,
    Refused,
    Succeeded,
    Unanswered,
)
from penstock.testing.http import response
from penstock_paypal.invoice import state
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.told import Told, problem

SALE = "5CS38179PL895402Y"
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


def _invoice(status: str = "DRAFT", *payments: dict[str, Any], number: str = DRAFT.number) -> Any:
    return {
        "id": ID,
        "status": status,
        "detail": {"invoice_number": number},
        "payments": {"transactions": list(payments)},
    }


OURS = {"type": "EXTERNAL", "method": "PAYPAL", "payment_id": SALE}
BUYERS = {"type": "PAYPAL", "method": "PAYPAL", "payment_id": "8E2904407M872241P"}


@pytest.fixture
def told() -> Told:
    told = Told()
    told.at(SEARCH, response(200, {"items": []}))
    return told


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response(201, _invoice()), Succeeded(ID)),
        (
            response(201, {"rel": "self", "href": f"https://x/v2/invoicing/invoices/{ID}"}),
            Succeeded(ID),
        ),
        (HttpNotSent("refused"), NotSent("refused")),
        (problem(429, **{"retry-after": "7"}), NotSent("PayPal, create invoice: 429 X_NAME", 7)),
        (problem(503), NotSent("PayPal, create invoice: 503 X_NAME")),
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
    told.at(SEARCH, response(200, {"items": [_invoice()]}))
    told.at(SHOW, response(200, _invoice()))

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
    assert expected == state(_invoice(status, *payments), SALE)


async def test_of_several_invoices_of_one_number_the_furthest_counts(told: Told) -> None:
    """
    PayPal may take a number twice; and its search may match in part.
    """
    other, longer = "INV2-AAAA-AAAA-AAAA-AAAA", "INV2-BBBB-BBBB-BBBB-BBBB"
    found = [
        {**_invoice(), "id": other},
        {**_invoice(number=f"{DRAFT.number}0"), "id": longer},
        _invoice("PAID"),
    ]
    told.at(SEARCH, response(200, {"items": found}))
    told.at(f"{CREATE}/{other}", response(200, {**_invoice(), "id": other}))
    told.at(SHOW, response(200, _invoice("PAID", OURS)))
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
    told.at(SHOW, response(200, _invoice("SENT" if verb == "cancel" else "DRAFT")))
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
    told.at(SHOW, response(200, _invoice("PAID", *payments)))
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
    told.at(SHOW, response(200, _invoice(status)))

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
    told.at(SHOW, response(200, _invoice("PAID", BUYERS)))

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
    assert [(SALE, "2026-11-02", {"currency_code": "USD", "value": "12.50"})] == [
        (one["payment_id"], one["payment_date"], one["amount"]) for one in shown["payments"]
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
