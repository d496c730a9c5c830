"""Whose invoice has the number: ours is known by its reference, the sale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import Invoice, InvoiceState, Refused, Succeeded
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.invoices import CREATE, DRAFT, ID, SEARCH, SHOW, invoice_body
from tests.plugins.paypal.told import Told, problem

OTHER = "INV2-AAAA-AAAA-AAAA-AAAA"


@pytest.mark.parametrize("reference", ["PO-1234", None])
async def test_an_invoice_of_our_number_for_something_else_is_foreign(
    told: Told, reference: str | None
) -> None:
    shown = invoice_body("SENT", reference=reference)
    told.at(SEARCH, response(200, {"items": [shown]}))
    told.at(SHOW, response(200, shown))

    assert Invoice(ID, DRAFT.number, InvoiceState.sent, foreign=True) == (
        await told.paypal.find_invoice(DRAFT, None)
    )


async def test_our_invoice_is_found_beside_anothers_of_the_same_number(told: Told) -> None:
    others: Any = {**invoice_body("PAID", reference="PO-1234"), "id": OTHER}
    told.at(SEARCH, response(200, {"items": [others, invoice_body()]}))
    told.at(f"{CREATE}/{OTHER}", response(200, others))
    told.at(SHOW, response(200, invoice_body()))

    assert Invoice(ID, DRAFT.number, InvoiceState.draft) == (
        await told.paypal.find_invoice(DRAFT, None)
    )


async def test_anothers_invoice_does_not_stand_in_for_one_of_ours_that_is_gone(told: Told) -> None:
    others: Any = {**invoice_body("PAID", reference="PO-1234"), "id": OTHER}
    told.at(SHOW, problem(404))
    told.at(SEARCH, response(200, {"items": [others]}))
    told.at(f"{CREATE}/{OTHER}", response(200, others))

    assert await told.paypal.find_invoice(DRAFT, ID) is None


async def test_a_number_that_another_invoice_took_meanwhile_is_refused(told: Told) -> None:
    shown = invoice_body("SENT", reference="PO-1234")
    told.at(CREATE, problem(422, "DUPLICATE_INVOICE_NUMBER"))
    told.at(SEARCH, response(200, {"items": [shown]}))
    told.at(SHOW, response(200, shown))

    assert Refused(f"another invoice at PayPal has the number {DRAFT.number}") == (
        await told.paypal.create_invoice(DRAFT)
    )


async def test_over_http_an_invoice_is_known_by_its_sale_and_its_number(stage: Stage) -> None:
    made = await stage.paypal.create_invoice(DRAFT)
    other = replace(DRAFT, transaction="9XX00000XX000000X")

    ours, theirs = [await stage.paypal.find_invoice(draft, None) for draft in (DRAFT, other)]

    assert isinstance(made, Succeeded)
    assert (False, True) == (ours.foreign, theirs.foreign)  # type: ignore[union-attr]  # both are found
