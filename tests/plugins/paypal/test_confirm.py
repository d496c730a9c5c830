"""Confirm: the API's word counts, and only what it should have known is held against a webhook."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Confirmed,
    Contradicted,
    Money,
    NotYet,
    Payer,
    PaymentStatus,
    Plan,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.sales import (
    AGREEMENT,
    REFUND,
    REFUND_PATH,
    SALE,
    SALE_PATH,
    SUBSCRIPTION,
    SUBSCRIPTION_PATH,
    confirmed,
    notification,
    refund,
    sale,
)
from tests.plugins.paypal.told import Told


async def test_a_sale_that_agrees_is_confirmed_with_its_plan_and_payer(told: Told) -> None:
    seen = await confirmed(told, notification())

    assert (SALE, "sale", PaymentStatus.succeeded, Money(1250, "USD")) == (
        seen.transaction.id,
        seen.transaction.kind,
        seen.status,
        seen.transaction.amount,
    )
    assert NOON - timedelta(minutes=1) == seen.transaction.at
    assert (AGREEMENT, "customer-17") == (seen.subscription, seen.reference)
    assert Plan("P-7AJ09605LT627470LNCBOEVQ", "Gold, monthly") == seen.plan
    assert Payer("GYDYPD4J6NW2N", "Ada Example", "buyer@example.com") == seen.payer
    assert {"paypal": f"https://www.sandbox.paypal.com/activity/payment/{SALE}"} == seen.links


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ({"amount": {"total": "12.51", "currency": "USD"}}, ("amount",)),
        ({"amount": {"total": "12.50", "currency": "EUR"}}, ("currency",)),
        ({"amount": {"total": "9", "currency": "EUR"}}, ("amount", "currency")),
        ({"amount": {"total": "12.505", "currency": "USD"}}, ("amount",)),
        ({"amount": {"total": "12.50", "currency": "usd"}}, ("amount", "currency")),
        ({"amount": {"total": "12.51"}}, ("amount",)),
        ({"amount": {"currency": "EUR"}}, ("currency",)),
        ({"billing_agreement_id": "I-ANOTHER12345"}, ("agreement",)),
        ({"id": "80F85758S3080410K"}, ("id",)),
    ],
)
async def test_a_claim_that_differs_is_contradicted_by_name(
    told: Told, resource: dict[str, Any], fields: tuple[str, ...]
) -> None:
    """
    And what counts is what the API holds.
    """
    answer = await told.paypal.confirm(notification(**resource), NOON)

    assert isinstance(answer, Contradicted)
    assert fields == answer.fields
    assert (SALE, Money(1250, "USD")) == (
        answer.observation.transaction.id,
        answer.observation.transaction.amount,
    )


@pytest.mark.parametrize(
    ("claimed", "held"),
    [
        (("12.5", "USD"), ("12.50", "USD")),
        (("12.500", "USD"), ("12.50", "USD")),
        (("100", "JPY"), ("100.00", "JPY")),
        (("100.0", "HUF"), ("100", "HUF")),
        (("7", "TWD"), ("7.00", "TWD")),
    ],
)
async def test_amounts_are_compared_as_numbers(
    told: Told, claimed: tuple[str, str], held: tuple[str, str]
) -> None:
    """
    PayPal writes one amount in several ways, yen with decimals among them.
    """
    told.at(
        SALE_PATH, response(200, sale(amount=dict(zip(("total", "currency"), held, strict=True))))
    )
    amount = dict(zip(("total", "currency"), claimed, strict=True))
    seen = await confirmed(told, notification(amount=amount))

    assert Money.parse(*held) == seen.transaction.amount


@pytest.mark.parametrize(
    "claim",
    [
        {"billing_agreement_id": None},
        {"amount": None},
        {"amount": {"total": None, "currency": None}},
        {"id": None},
    ],
)
async def test_what_a_claim_leaves_out_is_completed_by_the_api(
    told: Told, claim: dict[str, Any]
) -> None:
    """
    A missing value contradicts nothing: PayPal once left the agreement out for days.
    """
    seen = await confirmed(told, notification(**claim))

    assert (AGREEMENT, Money(1250, "USD")) == (seen.subscription, seen.transaction.amount)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("completed", PaymentStatus.succeeded),
        ("pending", PaymentStatus.pending),
        ("partially_refunded", PaymentStatus.partially_refunded),
        ("refunded", PaymentStatus.refunded),
        ("denied", PaymentStatus.declined),
        ("reversed", PaymentStatus.reversed),
        ("COMPLETED", PaymentStatus.succeeded),
    ],
)
@pytest.mark.parametrize("event", ["COMPLETED", "PENDING", "DENIED", "REFUNDED", "REVERSED"])
async def test_a_newer_state_is_applied_as_fetched(
    told: Told, event: str, state: str, status: PaymentStatus
) -> None:
    told.at(SALE_PATH, response(200, sale(state=state)))
    told.at(f"/v1/payments/refund/{SALE}", response(200, refund(state="pending")))

    assert status == (await confirmed(told, notification(f"PAYMENT.SALE.{event}"))).status


async def test_a_refunds_amount_is_not_compared_with_the_sales(told: Told) -> None:
    told.at(REFUND_PATH, response(200, refund()))
    amount = {"total": "-1", "currency": "USD"}
    other = notification("PAYMENT.SALE.REFUNDED", id=REFUND, amount=amount)

    assert SALE == (await confirmed(told, other)).transaction.id


async def test_a_sale_without_a_subscription_has_no_payer(told: Told) -> None:
    told.at(SALE_PATH, response(200, sale(billing_agreement_id=None, custom="17")))
    seen = await confirmed(told, notification(billing_agreement_id=None))

    assert (None, None, "17") == (seen.payer, seen.plan, seen.reference)
    assert [("GET", SALE_PATH)] == told.asked


@pytest.mark.parametrize(
    "name", [{}, {"subscriber": None}, {"subscriber": {"name": "Ada"}}, {"plan": []}]
)
async def test_a_subscription_of_another_shape_is_read_as_far_as_it_goes(
    told: Told, name: dict[str, Any]
) -> None:
    told.at(SUBSCRIPTION_PATH, response(200, {"id": AGREEMENT, **name}))

    assert (await confirmed(told, notification())).payer is None


async def test_half_a_character_in_a_name_does_not_reach_the_ledger(told: Told) -> None:
    names = {"given_name": "\ud800", "surname": "Example"}
    told.at(SUBSCRIPTION_PATH, response(200, {**SUBSCRIPTION, "subscriber": {"name": names}}))
    seen = await confirmed(told, notification())

    assert "Example" == seen.payer.name


@pytest.mark.parametrize(
    ("contradict", "fields"),
    [
        ({}, ()),
        ({"amount.total": "99.00"}, ("amount",)),
        ({"resource.amount.currency": "EUR"}, ("currency",)),
        ({"billing_agreement_id": "I-ANOTHER12345"}, ("agreement",)),
    ],
)
async def test_over_http_the_simulators_sale_agrees_or_contradicts_as_told(
    stage: Stage, contradict: dict[str, str], fields: tuple[str, ...]
) -> None:
    await stage.trigger(contradict=contradict)
    (delivery,) = stage.received
    answer = await stage.paypal.confirm(stage.paypal.read(delivery), delivery.received_at)

    assert fields == (answer.fields if isinstance(answer, Contradicted) else ())
    assert not isinstance(answer, NotYet)


@pytest.mark.parametrize(
    ("event_type", "overrides", "status"),
    [
        ("PAYMENT.SALE.COMPLETED", {}, PaymentStatus.succeeded),
        ("PAYMENT.SALE.PENDING", {}, PaymentStatus.pending),
        ("PAYMENT.SALE.DENIED", {}, PaymentStatus.declined),
        ("PAYMENT.SALE.REFUNDED", {}, PaymentStatus.refunded),
        ("PAYMENT.SALE.REVERSED", {}, PaymentStatus.reversed),
    ],
)
async def test_over_http_each_kind_of_sale_event_is_true(
    stage: Stage, event_type: str, overrides: dict[str, str], status: PaymentStatus
) -> None:
    await stage.trigger(event_type=event_type, set=overrides)
    (delivery,) = stage.received
    answer = await stage.paypal.confirm(stage.paypal.read(delivery), delivery.received_at)

    assert isinstance(answer, Confirmed)
    assert (status, "buyer@example.com") == (
        answer.observation.status,
        answer.observation.payer and answer.observation.payer.email,
    )
