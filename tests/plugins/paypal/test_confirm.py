"""Confirm: the API's word counts, and only what it should have known is held against a webhook."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Confirmed,
    Contradicted,
    Evidence,
    GatewayUnavailable,
    Money,
    Notification,
    NotYet,
    Payer,
    PaymentStatus,
    Plan,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.told import Told, problem

SALE = "5CS38179PL895402Y"
AGREEMENT = "I-0HNJGFKLTLMP"
SALE_PATH = f"/v1/payments/sale/{SALE}"
SUBSCRIPTION_PATH = f"/v1/billing/subscriptions/{AGREEMENT}?fields=plan"


def _sale(**changes: Any) -> dict[str, Any]:
    return {
        "id": SALE,
        "state": "completed",
        "amount": {"total": "12.50", "currency": "USD"},
        "create_time": "2026-11-02T11:59:00Z",
        "billing_agreement_id": AGREEMENT,
        **changes,
    }


SUBSCRIPTION = {
    "id": AGREEMENT,
    "status": "ACTIVE",
    "plan_id": "P-7AJ09605LT627470LNCBOEVQ",
    "plan": {"name": "Gold, monthly"},
    "custom_id": "customer-17",
    "subscriber": {
        "payer_id": "GYDYPD4J6NW2N",
        "email_address": "buyer@example.com",
        "name": {"given_name": "Ada", "surname": "Example"},
    },
}


REFUND = "29B43325P49508437"
REFUND_PATH = f"/v1/payments/refund/{REFUND}"
REFUND_V2_PATH = f"/v2/payments/refunds/{REFUND}"


def _refund(total: str = "-5.00", **changes: Any) -> dict[str, Any]:
    return {
        "id": REFUND,
        "state": "completed",
        "amount": {"total": total, "currency": "USD"},
        "sale_id": SALE,
        "create_time": "2026-11-02T11:59:30Z",
        **changes,
    }


def _notification(
    event_type: str = "PAYMENT.SALE.COMPLETED",
    *,
    entity: str | None = f"paypal-{SALE}",
    age: timedelta = timedelta(seconds=5),
    **resource: Any,
) -> Notification:
    return Notification(
        id="WH-1",
        gateway="paypal",
        type=event_type,
        entity=entity,
        resource={**_sale(), **resource},
        occurred_at=NOON - age,
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="0",
    )


@pytest.fixture
def told() -> Told:
    told = Told()
    told.at(SALE_PATH, response(200, _sale()))
    told.at(SUBSCRIPTION_PATH, response(200, SUBSCRIPTION))
    return told


async def _confirmed(told: Told, notification: Notification) -> Any:
    answer = await told.paypal.confirm(notification, NOON)
    assert isinstance(answer, Confirmed)
    return answer.observation


async def test_a_sale_that_agrees_is_confirmed_with_its_plan_and_payer(told: Told) -> None:
    seen = await _confirmed(told, _notification())

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
        ({"amount": {"total": "12.505", "currency": "USD"}}, ("amount", "currency")),
        ({"amount": None}, ("amount", "currency")),
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
    answer = await told.paypal.confirm(_notification(**resource), NOON)

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
        SALE_PATH, response(200, _sale(amount=dict(zip(("total", "currency"), held, strict=True))))
    )
    amount = dict(zip(("total", "currency"), claimed, strict=True))
    seen = await _confirmed(told, _notification(amount=amount))

    assert Money.parse(*held) == seen.transaction.amount


async def test_a_claim_without_an_agreement_is_completed_by_the_api(told: Told) -> None:
    """
    PayPal once left it out for days.
    """
    seen = await _confirmed(told, _notification(billing_agreement_id=None))

    assert AGREEMENT == seen.subscription


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
    told.at(SALE_PATH, response(200, _sale(state=state)))
    told.at(f"/v1/payments/refund/{SALE}", response(200, _refund(state="pending")))

    assert status == (await _confirmed(told, _notification(f"PAYMENT.SALE.{event}"))).status


async def test_money_paypal_holds_back_has_been_paid(told: Told) -> None:
    """
    And no fee is named yet.
    """
    told.at(SALE_PATH, response(200, _sale(payment_hold_status="HELD")))
    seen = await _confirmed(told, _notification("PAYMENT.SALE.PENDING"))

    assert PaymentStatus.succeeded == seen.status


@pytest.mark.parametrize("event", ["PAYMENT.SALE.REFUNDED", "INVOICING.INVOICE.PAID"])
async def test_what_is_about_something_else_is_not_compared_with_the_sale(
    told: Told, event: str
) -> None:
    """
    A refund's amount is the refund's, an invoice has no sale's: the sale is read again.
    """
    told.at(REFUND_PATH, response(200, _refund()))
    other = _notification(event, id=REFUND, amount={"total": "-1", "currency": "USD"})

    assert SALE == (await _confirmed(told, other)).transaction.id


@pytest.mark.parametrize(
    "missing", [problem(404), response(404, b""), problem(400, "INVALID_RESOURCE_ID")]
)
async def test_a_young_sale_that_is_not_there_is_not_there_yet(told: Told, missing: Any) -> None:
    told.at(SALE_PATH, missing)

    assert isinstance(await told.paypal.confirm(_notification(), NOON), NotYet)


async def test_an_old_sale_that_is_not_there_contradicts_with_what_was_claimed(told: Told) -> None:
    told.at(SALE_PATH, problem(404))
    answer = await told.paypal.confirm(_notification(age=timedelta(minutes=15)), NOON)

    assert isinstance(answer, Contradicted)
    assert (("id",), SALE, Money(1250, "USD"), AGREEMENT) == (
        answer.fields,
        answer.observation.transaction.id,
        answer.observation.transaction.amount,
        answer.observation.subscription,
    )


@pytest.mark.parametrize("answer", [response(200, _sale(state="quantum")), response(400, b"")])
async def test_what_waiting_will_not_help_is_for_people(told: Told, answer: Any) -> None:
    """
    A state nobody here knows, a question PayPal refuses: parked with its reason.
    """
    told.at(SALE_PATH, answer)
    with pytest.raises(Unconfirmable, match="show sale"):
        await told.paypal.confirm(_notification(), NOON)


@pytest.mark.parametrize("state", ["completed", "partially_refunded"])
async def test_a_refund_is_read_again_and_counted_by_its_own_id(told: Told, state: str) -> None:
    """
    What the webhook says of its amount counts for nothing.
    """
    told.at(SALE_PATH, response(200, _sale(state=state)))
    told.at(REFUND_PATH, response(200, _refund()))
    claims = {"id": REFUND, "amount": {"total": "12.50", "currency": "USD"}}
    seen = await _confirmed(told, _notification("PAYMENT.SALE.REFUNDED", **claims))

    (step,) = seen.refunds
    assert (REFUND, "refund", PaymentStatus.refunded, Money(500, "USD")) == (
        step.id,
        step.kind,
        step.status,
        step.amount,
    )


async def test_a_refund_of_the_second_generation_says_how_much_went_back_in_all(
    told: Told,
) -> None:
    whole = {"total_refunded_amount": {"currency_code": "USD", "value": "7.00"}}
    told.at(REFUND_PATH, problem(404))
    told.at(
        REFUND_V2_PATH,
        response(
            200,
            {
                "id": REFUND,
                "status": "COMPLETED",
                "amount": {"currency_code": "USD", "value": "5.00"},
                "seller_payable_breakdown": whole,
                "links": [
                    {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{SALE}"}
                ],
            },
        ),
    )
    seen = await _confirmed(told, _notification("PAYMENT.CAPTURE.REFUNDED", id=REFUND))

    assert (Money(500, "USD"), Money(700, "USD")) == (seen.refunds[0].amount, seen.refunded)


async def test_a_refund_of_another_sale_contradicts(told: Told) -> None:
    told.at(REFUND_PATH, response(200, _refund(sale_id="80F85758S3080410K")))
    answer = await told.paypal.confirm(_notification("PAYMENT.SALE.REFUNDED", id=REFUND), NOON)

    assert isinstance(answer, Contradicted)


async def test_a_reversal_is_applied_though_the_sale_has_no_state_for_it(told: Told) -> None:
    """
    The specification names none; the reversal itself is shown as a refund.
    """
    told.at(REFUND_PATH, response(200, _refund("-12.50")))
    seen = await _confirmed(told, _notification("PAYMENT.SALE.REVERSED", id=REFUND))

    assert (PaymentStatus.reversed, "reversal") == (seen.status, seen.refunds[0].kind)


@pytest.mark.parametrize("kind", ["SALE.REFUNDED", "SALE.REVERSED", "CAPTURE.REFUNDED"])
async def test_money_said_to_be_sent_back_that_paypal_shows_nothing_of_is_waited_for_then_parked(
    told: Told, kind: str
) -> None:
    for where in (REFUND_PATH, REFUND_V2_PATH):
        told.at(where, problem(404))
    young, old = (
        _notification(f"PAYMENT.{kind}", id=REFUND, age=timedelta(minutes=minutes))
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
    told.at(REFUND_PATH, response(200, _refund()))
    nameless = _notification(f"PAYMENT.{kind}", entity=None, id=REFUND)

    assert f"paypal-{SALE}" == await told.paypal.locate(nameless, NOON)


async def test_a_refund_that_names_its_payment_only_is_found_by_that(told: Told) -> None:
    """
    Unless that has several sales: then nobody can say which.
    """
    payment = "PAY-9MX90473V8752831HK5G4RDI"
    related = [{"sale": {"id": SALE}}, {"refund": {"id": REFUND}}]
    told.at(REFUND_PATH, response(200, _refund(sale_id=None, parent_payment=payment)))
    told.at(
        f"/v1/payments/payment/{payment}",
        response(200, {"transactions": [{"related_resources": related}]}),
    )
    nameless = _notification("PAYMENT.SALE.REFUNDED", entity=None, id=REFUND)

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
        _notification("PAYMENT.SALE.REFUNDED", entity=None, id=REFUND, age=timedelta(minutes=age))
        for age in (1, 16)
    )

    with pytest.raises(GatewayUnavailable):
        await told.paypal.locate(young, NOON)
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(old, NOON)
    told.at(REFUND_PATH, response(200, _refund(sale_id=None)))
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(young, NOON)


async def test_a_refund_of_a_capture_that_is_no_sale_concerns_no_payment(told: Told) -> None:
    """
    The merchant may sell otherwise, too.
    """
    told.at(SALE_PATH, problem(404))
    link = {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{SALE}"}
    other = _notification("PAYMENT.CAPTURE.REFUNDED", entity=None, links=[link])

    assert await told.paypal.locate(other, NOON) is None


async def test_what_concerns_no_payment_is_not_asked_about(told: Told) -> None:
    other = _notification("BILLING.SUBSCRIPTION.ACTIVATED", entity=None)

    assert await told.paypal.locate(other, NOON) is None
    assert [] == told.asked


async def test_a_sale_event_that_names_no_sale_is_for_people(told: Told) -> None:
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(_notification(entity=None), NOON)


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


async def test_an_entity_that_must_not_enter_a_path_is_never_asked_for(told: Told) -> None:
    old = _notification(entity="paypal-../../v2/x", age=timedelta(hours=1))

    assert isinstance(await told.paypal.confirm(old, NOON), Contradicted)
    assert [] == told.asked


async def test_a_sale_without_a_subscription_has_no_payer(told: Told) -> None:
    told.at(SALE_PATH, response(200, _sale(billing_agreement_id=None, custom="17")))
    seen = await _confirmed(told, _notification(billing_agreement_id=None))

    assert (None, None, "17") == (seen.payer, seen.plan, seen.reference)
    assert [("GET", SALE_PATH)] == told.asked


async def test_a_subscription_that_is_not_there_yet_is_waited_for(told: Told) -> None:
    told.at(SUBSCRIPTION_PATH, problem(404))
    young, old = (_notification(age=timedelta(minutes=minutes)) for minutes in (1, 16))

    assert isinstance(await told.paypal.confirm(young, NOON), NotYet)
    assert (await _confirmed(told, old)).payer is None


@pytest.mark.parametrize(
    "name", [{}, {"subscriber": None}, {"subscriber": {"name": "Ada"}}, {"plan": []}]
)
async def test_a_subscription_of_another_shape_is_read_as_far_as_it_goes(
    told: Told, name: dict[str, Any]
) -> None:
    told.at(SUBSCRIPTION_PATH, response(200, {"id": AGREEMENT, **name}))

    assert (await _confirmed(told, _notification())).payer is None


async def test_half_a_character_in_a_name_does_not_reach_the_ledger(told: Told) -> None:
    names = {"given_name": "\ud800", "surname": "Example"}
    told.at(SUBSCRIPTION_PATH, response(200, {**SUBSCRIPTION, "subscriber": {"name": names}}))
    seen = await _confirmed(told, _notification())

    assert "Example" == seen.payer.name


@pytest.mark.parametrize(
    "answer",
    [
        response(200, {}),
        response(200, _sale(amount={"total": "1e3", "currency": "USD"})),
        response(200, _sale(id="../x")),
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
        await told.paypal.confirm(_notification(age=timedelta(days=1)), NOON)


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


async def test_over_http_a_hidden_sale_is_not_there_yet(stage: Stage) -> None:
    await stage.trigger(contradict={"resource": None})
    (delivery,) = stage.received

    assert isinstance(
        await stage.paypal.confirm(stage.paypal.read(delivery), delivery.received_at), NotYet
    )


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
