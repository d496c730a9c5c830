"""What went back of a sale, on its invoice at PayPal."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    HttpUnanswered,
    InvoiceRefund,
    InvoiceRefused,
    InvoiceState,
    Money,
    Succeeded,
)
from penstock.testing.http import response
from penstock_paypal.invoices.told import refund
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.invoices import DRAFT, ID, OURS, SHOW, invoice_body
from tests.plugins.paypal.told import Told, problem

RECORDED = "EXTR-86F38350LX4353815"
DELETE = f"{SHOW}/refunds/{RECORDED}"
CENT = Money(1, "USD")


def refunded(*refunds: dict[str, Any]) -> Any:
    body = invoice_body("PARTIALLY_REFUNDED", OURS)
    return {**body, "refunds": {"transactions": list(refunds)}}


def one(kind: str = "EXTERNAL", value: str = "0.01") -> dict[str, Any]:
    amount = {"currency_code": "USD", "value": value}
    return {"type": kind, "refund_id": RECORDED, "method": "PAYPAL", "amount": amount}


async def paid(stage: Stage) -> str:
    made = await stage.paypal.create_invoice(DRAFT)
    assert isinstance(made, Succeeded)
    await stage.paypal.send_invoice(made.reference, DRAFT)
    await stage.paypal.record_payment(made.reference, DRAFT)
    return made.reference


async def test_only_what_was_recorded_counts_as_recorded(told: Told) -> None:
    """PayPal's own refund is of the buyer's second payment, not of the sale."""
    told.at(SHOW, response(200, refunded(one(), one("PAYPAL", "12.50"))))

    assert (InvoiceRefund(RECORDED, CENT),) == await told.paypal.invoice_refunds(ID, DRAFT)


@pytest.mark.parametrize(
    "answer",
    [
        response(200, refunded({"type": "EXTERNAL", "refund_id": RECORDED})),
        problem(404),
        problem(500),
        problem(400),
    ],
)
async def test_refunds_that_cannot_be_read_are_not_taken_for_none(told: Told, answer: Any) -> None:
    told.at(SHOW, answer)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.invoice_refunds(ID, DRAFT)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (problem(422, "INVALID_REFUND_AMOUNT"), InvoiceRefused),
        (problem(400, "INVALID_REFUND_METHOD"), InvoiceRefused),
        (problem(403), GatewayUnavailable),
        (problem(404), GatewayUnavailable),
        (problem(429), GatewayUnavailable),
        (problem(503), GatewayUnavailable),
        (HttpUnanswered("timeout"), GatewayUnavailable),
    ],
)
async def test_a_refund_is_refused_for_now_or_for_good(
    told: Told, answer: Any, error: type[Exception]
) -> None:
    told.at(f"{SHOW}/refunds", answer)
    with pytest.raises(error):
        await told.paypal.record_refund(ID, DRAFT, CENT)


async def test_a_recorded_refund_that_is_gone_already_is_no_error_to_delete(told: Told) -> None:
    told.at(DELETE, problem(404))

    await told.paypal.delete_refund(ID, DRAFT, RECORDED)

    assert [("DELETE", DELETE)] == told.asked


@pytest.mark.parametrize("identity", ["", "../payments/X", "a b"])
async def test_a_refund_whose_id_must_not_enter_a_path_is_refused_unasked(
    told: Told, identity: str
) -> None:
    with pytest.raises(InvoiceRefused):
        await told.paypal.delete_refund(ID, DRAFT, identity)

    assert [] == told.http.asked


def test_a_refund_names_no_day_for_it_depends_on_the_zone() -> None:
    assert {"method": "PAYPAL", "amount": {"currency_code": "USD", "value": "0.01"}} == refund(
        CENT
    )


async def test_over_http_a_refund_is_recorded_deleted_and_recorded_in_full(stage: Stage) -> None:
    reference = await paid(stage)
    books = stage.simulator.books.invoices[reference]
    states = [books["status"]]
    await stage.paypal.record_refund(reference, DRAFT, CENT)
    states.append(books["status"])
    (recorded,) = await stage.paypal.invoice_refunds(reference, DRAFT)
    await stage.paypal.delete_refund(reference, DRAFT, recorded.id)
    states.append(books["status"])
    await stage.paypal.record_refund(reference, DRAFT, DRAFT.amount)
    states.append(books["status"])
    found = await stage.paypal.find_invoice(DRAFT, None)

    assert ["PAID", "PARTIALLY_REFUNDED", "PAID", "REFUNDED"] == states
    assert found is not None
    assert InvoiceState.recorded is found.state
    with pytest.raises(InvoiceRefused):
        await stage.paypal.record_refund(reference, DRAFT, CENT)


async def test_over_http_more_than_was_paid_is_refused_for_good(stage: Stage) -> None:
    reference = await paid(stage)
    with pytest.raises(InvoiceRefused, match="INVALID_REFUND_AMOUNT"):
        await stage.paypal.record_refund(reference, DRAFT, Money(1251, "USD"))
