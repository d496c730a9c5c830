"""Confirm, of money sent back: read again, counted by its own id, led back to its sale."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import (
    Confirmed,
    Contradicted,
    GatewayUnavailable,
    Money,
    NotYet,
    PaymentStatus,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.ordering import PAYMENT_ID, capture
from tests.plugins.paypal.sales import (
    REFUND,
    REFUND_PATH,
    REFUND_V2_PATH,
    SALE,
    SALE_PATH,
    confirmed,
    notification,
    refund,
    sale,
)
from tests.plugins.paypal.told import Told, problem


@pytest.mark.parametrize("state", ["completed", "partially_refunded"])
async def test_a_refund_is_read_again_and_counted_by_its_own_id(told: Told, state: str) -> None:
    """
    What the webhook says of its amount counts for nothing.
    """
    told.at(SALE_PATH, response(200, sale(state=state)))
    told.at(REFUND_PATH, response(200, refund()))
    claims = {"id": REFUND, "amount": {"total": "12.50", "currency": "USD"}}
    seen = await confirmed(told, notification("PAYMENT.SALE.REFUNDED", **claims))

    (step,) = seen.refunds
    assert (REFUND, "refund", PaymentStatus.refunded, Money(500, "USD")) == (
        step.id,
        step.kind,
        step.status,
        step.amount,
    )


async def test_a_refund_of_the_second_generation_is_read_where_it_is_shown(told: Told) -> None:
    told.at(REFUND_PATH, problem(404))
    told.at(
        REFUND_V2_PATH,
        response(
            200,
            {
                "id": REFUND,
                "status": "COMPLETED",
                "amount": {"currency_code": "USD", "value": "5.00"},
                "links": [
                    {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{SALE}"}
                ],
            },
        ),
    )
    seen = await confirmed(told, notification("PAYMENT.CAPTURE.REFUNDED", id=REFUND))

    assert [Money(500, "USD")] == [one.amount for one in seen.refunds]


async def test_a_refund_of_another_sale_contradicts(told: Told) -> None:
    told.at(REFUND_PATH, response(200, refund(sale_id="80F85758S3080410K")))
    answer = await told.paypal.confirm(notification("PAYMENT.SALE.REFUNDED", id=REFUND), NOON)

    assert isinstance(answer, Contradicted)


async def test_a_reversal_is_a_step_of_its_own_and_the_sale_keeps_its_state(told: Told) -> None:
    """
    PayPal shows the reversal as a refund; how much it took back is the payment's rules' to say.
    """
    told.at(REFUND_PATH, response(200, refund("-12.50")))
    seen = await confirmed(told, notification("PAYMENT.SALE.REVERSED", id=REFUND))

    assert (PaymentStatus.succeeded, "reversal") == (seen.status, seen.refunds[0].kind)


@pytest.mark.parametrize("kind", ["SALE.REFUNDED", "SALE.REVERSED", "CAPTURE.REFUNDED"])
async def test_money_said_to_be_sent_back_that_paypal_shows_nothing_of_is_waited_for_then_parked(
    told: Told, kind: str
) -> None:
    for where in (REFUND_PATH, REFUND_V2_PATH):
        told.at(where, problem(404))
    young, old = (
        notification(f"PAYMENT.{kind}", id=REFUND, age=timedelta(minutes=minutes))
        for minutes in (1, 16)
    )

    assert isinstance(await told.paypal.confirm(young, NOON), NotYet)
    with pytest.raises(Unconfirmable):
        await told.paypal.confirm(old, NOON)


@pytest.mark.parametrize("kind", ["SALE.REFUNDED", "SALE.REVERSED", "CAPTURE.REFUNDED"])
async def test_a_refund_that_names_no_sale_is_found_by_reading_it(told: Told, kind: str) -> None:
    """
    So it came of a refund made on paypal.com (PayPal-Python-SDK issue 91).
    """
    told.at(REFUND_PATH, response(200, refund()))
    nameless = notification(f"PAYMENT.{kind}", entity=None, id=REFUND)

    assert f"paypal-{SALE}" == await told.paypal.locate(nameless, NOON)


async def test_a_refund_that_names_its_payment_only_is_found_by_that(told: Told) -> None:
    """
    Unless that has several sales: then nobody can say which.
    """
    payment = "PAY-9MX90473V8752831HK5G4RDI"
    related = [{"sale": {"id": SALE}}, {"refund": {"id": REFUND}}]
    told.at(REFUND_PATH, response(200, refund(sale_id=None, parent_payment=payment)))
    told.at(
        f"/v1/payments/payment/{payment}",
        response(200, {"transactions": [{"related_resources": related}]}),
    )
    nameless = notification("PAYMENT.SALE.REFUNDED", entity=None, id=REFUND)

    assert f"paypal-{SALE}" == await told.paypal.locate(nameless, NOON)
    two = [*related, {"sale": {"id": "80F85758S3080410K"}}]
    told.at(
        f"/v1/payments/payment/{payment}",
        response(200, {"transactions": [{"related_resources": two}]}),
    )
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(nameless, NOON)


async def test_a_refund_nobody_can_tell_the_sale_of_is_waited_for_then_parked(told: Told) -> None:
    for where in (REFUND_PATH, REFUND_V2_PATH):
        told.at(where, problem(404))
    young, old = (
        notification("PAYMENT.SALE.REFUNDED", entity=None, id=REFUND, age=timedelta(minutes=age))
        for age in (1, 16)
    )

    with pytest.raises(GatewayUnavailable):
        await told.paypal.locate(young, NOON)
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(old, NOON)
    told.at(REFUND_PATH, response(200, refund(sale_id=None)))
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(young, NOON)


@pytest.mark.parametrize(
    ("custom", "payment"), [("order-17", None), (None, None), (PAYMENT_ID, PAYMENT_ID)]
)
async def test_a_refund_of_a_capture_that_is_no_sale_concerns_the_checkout_that_it_paid(
    told: Told, custom: str | None, payment: str | None
) -> None:
    """
    The merchant may sell otherwise, too: that concerns no payment.
    """
    told.at(SALE_PATH, problem(404))
    told.at(f"/v2/payments/captures/{SALE}", response(200, capture(id=SALE, custom_id=custom)))
    link = {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{SALE}"}
    other = notification("PAYMENT.CAPTURE.REFUNDED", entity=None, links=[link])

    assert payment == await told.paypal.locate(other, NOON)


async def test_over_http_a_refund_made_on_paypal_com_is_found(stage: Stage) -> None:
    await stage.trigger(event_type="PAYMENT.SALE.REFUNDED", set={"resource.sale_id": None})
    (delivery,) = stage.received
    nameless = stage.paypal.read(delivery)
    entity = await stage.paypal.locate(nameless, delivery.received_at)
    answer = await stage.paypal.confirm(replace(nameless, entity=entity), delivery.received_at)

    assert nameless.entity is None
    assert isinstance(answer, Confirmed)
    assert (PaymentStatus.refunded, Money(1250, "USD")) == (
        answer.observation.status,
        answer.observation.refunds[0].amount,
    )
