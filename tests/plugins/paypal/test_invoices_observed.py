"""Events about an invoice: whose it is, and what they say of its payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, NotYet, Unconfirmable
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.captures import QUARTER
from tests.plugins.paypal.invoices import ID, SHOW, invoice_body
from tests.plugins.paypal.sales import SALE, notification
from tests.plugins.paypal.told import Told, problem


def about_invoice(age: timedelta = timedelta(seconds=5), entity: str | None = None) -> Any:
    known = notification("INVOICING.INVOICE.PAID", entity=entity, age=age)
    return replace(known, resource={"invoice": {"id": ID}})


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Unconfirmable),
        (401, GatewayUnavailable),
        (402, Unconfirmable),
        (403, None),
        (409, GatewayUnavailable),
        (422, Unconfirmable),
        (500, GatewayUnavailable),
    ],
)
async def test_an_invoice_that_may_not_be_read_is_none_of_ours_and_any_other_refusal_is_said(
    told: Told, status: int, error: type[Exception] | None
) -> None:
    told.at(SHOW, problem(status))
    for age in (timedelta(), QUARTER):
        if error is None:
            assert None is await told.paypal.locate(about_invoice(age), NOON)
        else:
            with pytest.raises(error):
                await told.paypal.locate(about_invoice(age), NOON)


async def test_an_invoice_that_is_not_shown_is_none_of_ours_after_a_quarter_of_an_hour(
    told: Told,
) -> None:
    told.at(SHOW, problem(404))
    young = QUARTER - timedelta(seconds=1)
    with pytest.raises(GatewayUnavailable, match="PayPal does not show the invoice yet") as later:
        await told.paypal.locate(about_invoice(young), NOON)

    assert 2.0 == later.value.retry_after
    assert None is await told.paypal.locate(about_invoice(QUARTER), NOON)
    ours = f"paypal-{SALE}"
    assert NotYet(2.0) == await told.paypal.confirm(about_invoice(young, ours), NOON)
    with pytest.raises(Unconfirmable, match=r"^PayPal shows no such invoice$"):
        await told.paypal.confirm(about_invoice(QUARTER, ours), NOON)


@pytest.mark.parametrize(("reference", "entity"), [(SALE, f"paypal-{SALE}"), (None, None)])
async def test_an_invoice_concerns_the_sale_that_paypal_shows_as_its_reference(
    told: Told, reference: str | None, entity: str | None
) -> None:
    told.at(SHOW, response(200, invoice_body("PAID", reference=reference)))

    assert entity == await told.paypal.locate(about_invoice(), NOON)


@pytest.mark.parametrize(("by", "twice"), [(SALE, False), ("8E2904407M872241P", True)])
async def test_an_invoice_whose_only_payment_is_the_sale_is_not_paid_twice(
    told: Told, by: str, twice: bool
) -> None:
    paid = {"type": "PAYPAL", "payment_id": by}
    told.at(SHOW, response(200, invoice_body("PAID", paid)))
    answer: Any = await told.paypal.confirm(about_invoice(entity=f"paypal-{SALE}"), NOON)

    assert (twice, False) == (answer.observation.paid_twice, answer.observation.cancelled)
    told.at(SHOW, response(200, invoice_body("CANCELLED")))
    answer = await told.paypal.confirm(about_invoice(entity=f"paypal-{SALE}"), NOON)

    assert (False, True) == (answer.observation.paid_twice, answer.observation.cancelled)
