"""Confirm in doubt: what may come yet is waited for, and what never will be is for people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    Money,
    NotYet,
    Payer,
    PaymentStatus,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.sales import (
    CAPTURE_PATH,
    OLD_AGREEMENT_PATH,
    SALE,
    SALE_PATH,
    SUBSCRIPTION_PATH,
    confirmed,
    notification,
    sale,
)
from tests.plugins.paypal.told import Told, problem


@pytest.mark.parametrize(
    "missing", [problem(404), response(404, b""), problem(400, "INVALID_RESOURCE_ID")]
)
async def test_a_young_sale_that_is_not_there_is_not_there_yet(told: Told, missing: Any) -> None:
    told.at(SALE_PATH, missing)
    told.at(CAPTURE_PATH, missing)

    assert isinstance(await told.paypal.confirm(notification(), NOON), NotYet)


async def test_an_old_sale_that_is_in_neither_api_is_for_people(told: Told) -> None:
    """
    The API returned no other value: a missing sale contradicts nothing.
    """
    told.at(SALE_PATH, problem(404))
    told.at(CAPTURE_PATH, problem(404))
    with pytest.raises(Unconfirmable, match="no such sale"):
        await told.paypal.confirm(notification(age=timedelta(minutes=15)), NOON)


async def test_a_sale_that_v1_does_not_show_is_read_as_a_v2_capture(told: Told) -> None:
    money = {"currency_code": "USD", "value": "12.50"}
    breakdown = {
        "paypal_fee": {"currency_code": "USD", "value": "0.74"},
        "net_amount": {"currency_code": "USD", "value": "11.76"},
    }
    order = "8MC585209K746392H"
    capture = {
        "id": SALE,
        "status": "PARTIALLY_REFUNDED",
        "amount": money,
        "custom_id": "17",
        "seller_receivable_breakdown": breakdown,
        "supplementary_data": {"related_ids": {"order_id": order}},
        "update_time": "2026-11-02T11:59:30Z",
    }
    told.at(SALE_PATH, problem(404))
    told.at(CAPTURE_PATH, response(200, capture))
    source = {"paypal": {"email_address": "buyer@example.com", "account_id": "GYDYPD4J6NW2N"}}
    told.at(f"/v2/checkout/orders/{order}", response(200, {"payment_source": source}))
    seen = await confirmed(told, notification(billing_agreement_id=None))

    assert (PaymentStatus.partially_refunded, Money(1250, "USD"), "17") == (
        seen.status,
        seen.transaction.amount,
        seen.reference,
    )
    assert (Money(74, "USD"), Money(1176, "USD")) == (seen.fee, seen.net)
    assert Payer("GYDYPD4J6NW2N", None, "buyer@example.com") == seen.payer
    assert NOON - timedelta(seconds=30) == seen.as_of


@pytest.mark.parametrize("answer", [response(200, sale(state="quantum")), response(400, b"")])
async def test_what_waiting_will_not_help_is_for_people(told: Told, answer: Any) -> None:
    """
    A state nobody here knows, a question PayPal refuses: parked with its reason.
    """
    told.at(SALE_PATH, answer)
    with pytest.raises(Unconfirmable, match="show sale"):
        await told.paypal.confirm(notification(), NOON)


async def test_what_concerns_no_payment_is_not_asked_about(told: Told) -> None:
    other = notification("BILLING.SUBSCRIPTION.ACTIVATED", entity=None)

    assert await told.paypal.locate(other, NOON) is None
    assert [] == told.asked


async def test_a_sale_event_that_names_no_sale_is_for_people(told: Told) -> None:
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(notification(entity=None), NOON)


async def test_an_entity_that_must_not_enter_a_path_is_never_asked_for(told: Told) -> None:
    old = notification(entity="paypal-../../v2/x", age=timedelta(hours=1))

    with pytest.raises(Unconfirmable):
        await told.paypal.confirm(old, NOON)
    assert [] == told.asked


async def test_a_subscription_that_is_not_there_yet_is_waited_for(told: Told) -> None:
    told.at(SUBSCRIPTION_PATH, problem(404))
    told.at(OLD_AGREEMENT_PATH, problem(404))
    young, old = (notification(age=timedelta(minutes=minutes)) for minutes in (1, 16))

    assert isinstance(await told.paypal.confirm(young, NOON), NotYet)
    assert (await confirmed(told, old)).payer is None


@pytest.mark.parametrize(
    "answer",
    [
        response(200, {}),
        response(200, sale(id="../x")),
        response(200, b"<html>"),
        response(200, b""),
        response(302, b"", {"location": "https://evil.example"}),
        problem(403, "PERMISSION_DENIED"),
        problem(409),
        problem(429),
        problem(500),
        response(503, b"<html>"),
    ],
)
async def test_an_answer_that_says_nothing_of_the_sale_decides_nothing(
    told: Told, answer: Any
) -> None:
    told.at(SALE_PATH, answer)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.confirm(notification(age=timedelta(days=1)), NOON)


async def test_a_claimed_agreement_that_the_sale_lacks_yet_is_waited_for(told: Told) -> None:
    """
    And no contradiction later: the API named no other one.
    """
    told.at(SALE_PATH, response(200, sale(billing_agreement_id=None)))
    young, old = (notification(age=timedelta(minutes=minutes)) for minutes in (1, 16))

    assert isinstance(await told.paypal.confirm(young, NOON), NotYet)
    assert (await confirmed(told, old)).subscription is None


async def test_the_waits_grow_and_stop_for_an_agreement_that_paypal_never_shows(
    told: Told,
) -> None:
    """
    It was asked for 182 times per renewal, every ten seconds for a quarter of an hour.
    """
    told.at(SUBSCRIPTION_PATH, problem(404))
    told.at(OLD_AGREEMENT_PATH, problem(404))
    renewal, waits, at = notification(), list[float](), NOON
    while isinstance(answer := await told.paypal.confirm(renewal, at), NotYet):
        assert answer.retry_after is not None
        waits.append(answer.retry_after)
        at += timedelta(seconds=answer.retry_after)

    assert timedelta(minutes=15) <= at - renewal.occurred_at < timedelta(minutes=16)
    assert [10.0, 15.0, 30.0, 60.0, 120.0, 240.0] == waits[:6]
    assert 27 >= len(told.asked)


async def test_an_agreement_from_before_subscriptions_is_read_where_paypal_shows_it(
    told: Told,
) -> None:
    """
    So a renewal of one waits for nothing and costs three questions.
    """
    info = {
        "email": "buyer@example.com",
        "first_name": "Ada",
        "last_name": "Example",
        "payer_id": "GYDYPD4J6NW2N",
    }
    told.at(SUBSCRIPTION_PATH, problem(404))
    told.at(OLD_AGREEMENT_PATH, response(200, {"payer": {"payer_info": info}}))
    seen = await confirmed(told, notification())

    assert Payer("GYDYPD4J6NW2N", "Ada Example", "buyer@example.com") == seen.payer
    assert 3 == len(told.asked)


async def test_over_http_a_hidden_sale_is_not_there_yet(stage: Stage) -> None:
    await stage.trigger(contradict={"resource": None})
    (delivery,) = stage.received

    assert isinstance(
        await stage.paypal.confirm(stage.paypal.read(delivery), delivery.received_at), NotYet
    )
