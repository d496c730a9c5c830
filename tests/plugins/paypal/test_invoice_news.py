"""What PayPal says of invoices: only ours concern a payment, and only the API is believed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Confirmed,
    Evidence,
    GatewayUnavailable,
    InvoiceObservation,
    Notification,
    NotYet,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Played
from tests.plugins.paypal.sales import SALE
from tests.plugins.paypal.told import Told, problem

INVOICE = "INV2-26KH-MY9Q-USVG-4WZD"
PATH = f"/v2/invoicing/invoices/{INVOICE}"
OURS = {"payment_id": SALE, "type": "EXTERNAL", "method": "PAYPAL"}
THEIRS = {"payment_id": "8E2904407M872241P", "type": "PAYPAL", "method": "PAYPAL"}


def invoice(*payments: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": INVOICE,
        "status": "PAID",
        "detail": {"reference": SALE},
        "payments": {"transactions": list(payments)},
        **changes,
    }


def about(
    entity: str | None = f"paypal-{SALE}",
    *,
    age: timedelta = timedelta(seconds=5),
    **body: Any,
) -> Notification:
    return Notification(
        id="WH-1",
        gateway="paypal",
        type="INVOICING.INVOICE.PAID",
        entity=entity,
        resource={"invoice": {"id": INVOICE, **body}},
        occurred_at=NOON - age,
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="0",
    )


@pytest.mark.parametrize(
    ("shown", "paid_twice", "cancelled"),
    [
        (invoice(OURS), False, False),
        (invoice(OURS, THEIRS), True, False),
        (invoice(OURS, {**THEIRS, "transaction_status": "FAILED"}), False, False),
        (invoice(status="CANCELLED"), False, True),
    ],
)
async def test_an_invoice_is_what_the_api_shows_of_it(
    told: Told, shown: dict[str, Any], paid_twice: bool, cancelled: bool
) -> None:
    told.at(PATH, response(200, shown))

    assert Confirmed(
        InvoiceObservation(INVOICE, paid_twice=paid_twice, cancelled=cancelled)
    ) == await told.paypal.confirm(about(), NOON)


async def test_an_invoice_without_a_reference_in_the_body_is_looked_up(told: Told) -> None:
    told.at(PATH, response(200, invoice(OURS)), response(200, invoice(detail={})))

    assert f"paypal-{SALE}" == await told.paypal.locate(about(None), NOON)
    assert await told.paypal.locate(about(None), NOON) is None


async def test_where_we_may_not_read_invoices_we_made_none(told: Told) -> None:
    told.at(PATH, problem(403, "PERMISSION_DENIED"))

    assert await told.paypal.locate(about(None), NOON) is None


async def test_an_invoice_that_is_not_shown_is_waited_for(told: Told) -> None:
    told.at(PATH, problem(404))
    hour = timedelta(hours=1)

    assert isinstance(await told.paypal.confirm(about(), NOON), NotYet)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.locate(about(None), NOON)
    assert await told.paypal.locate(about(None, age=hour), NOON) is None
    with pytest.raises(Unconfirmable):
        await told.paypal.confirm(about(age=hour), NOON)


async def test_an_invoice_that_must_not_enter_a_path_is_never_asked_for(told: Told) -> None:
    assert await told.paypal.locate(about(None, id="../x"), NOON) is None
    with pytest.raises(Unconfirmable):
        await told.paypal.confirm(about(id="../x"), NOON)
    assert [] == told.asked


async def test_a_buyer_who_pays_our_invoice_days_later_has_paid_twice(stage: Stage) -> None:
    played = Played.on(stage)
    await played.trigger("PAYMENT.SALE.COMPLETED", id="SALE0000000TWI111")
    ((name, made),) = stage.simulator.books.invoices.items()
    played.later(days=3)
    again = [*made["payments"]["transactions"], THEIRS]
    await played.books(("invoices", name, {"payments.transactions": again}))
    await played.trigger("INVOICING.INVOICE.PAID")
    await played.trigger("INVOICING.INVOICE.PAID")

    assert [("invoice.paid_twice", None)] == played.platform.said("invoice.paid_twice")


async def test_a_merchants_own_invoice_is_recorded_and_no_payments(stage: Stage) -> None:
    """
    Its number may look like ours, and its reference like a sale.
    """
    played = Played.on(stage)
    await played.trigger("PAYMENT.SALE.COMPLETED", id="SALE0000000OWN111")
    theirs = invoice(THEIRS, detail={"reference": "SALE0000000OWN111"})
    await played.books(("invoices", INVOICE, theirs))
    await played.body("INVOICING.INVOICE.PAID", {"invoice": theirs})

    assert [] == played.platform.said("invoice.paid_twice")
    assert "notification.recorded" == played.platform.events[-1].type
