"""Orders at PayPal: each answer just beside the one that decides, decides otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Captured,
    Closed,
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    NotApproved,
    NotSent,
    Opened,
    Refused,
    Standing,
    Unanswered,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.ordering import (
    APPROVE,
    CAPTURE,
    CAPTURE_ID,
    ORDER_ID,
    PAYMENT_ID,
    REQUEST,
    capture,
    created,
    order,
    refused,
)
from tests.plugins.paypal.subscribing import Scripted
from tests.plugins.paypal.told import Told, problem

ORDERS = "/v2/checkout/orders"
ORDER = f"{ORDERS}/{ORDER_ID}"
CAPTURE_OF = f"{ORDER}/capture"
SHOWN_CAPTURE = f"/v2/payments/captures/{CAPTURE_ID}"


@pytest.mark.parametrize("lacks", ["id", "links"])
async def test_an_order_without_an_id_or_a_link_leaves_it_open(told: Told, lacks: str) -> None:
    told.at(ORDERS, response(201, {**created(), lacks: None}))

    assert isinstance(await told.paypal.open_checkout(REQUEST), Unanswered)


@pytest.mark.parametrize("rel", ["payer-action", "approve"])
async def test_an_order_can_be_approved_for_three_hours_from_its_making_or_from_now(
    told: Told, rel: str
) -> None:
    hours = timedelta(hours=3)
    made = {**created(rel=rel), "create_time": "2026-11-02T11:00:00Z"}
    told.at(ORDERS, response(201, made))

    assert Opened(ORDER_ID, APPROVE, NOON + hours - timedelta(hours=1)) == (
        await told.paypal.open_checkout(REQUEST)
    )
    told.at(ORDERS, response(201, {**made, "create_time": None}))

    assert Opened(ORDER_ID, APPROVE, NOON + hours) == await told.paypal.open_checkout(REQUEST)


async def test_a_link_that_leads_elsewhere_refuses_the_checkout(told: Told) -> None:
    told.at(ORDERS, response(201, created("https://evil.example/checkoutnow")))
    answer = await told.paypal.open_checkout(REQUEST)

    assert isinstance(answer, Refused)
    assert "paypal.foreign_link" == told.log.lines[-1][1]


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (HttpNotSent("no connection"), NotSent),
        (HttpUnanswered("timeout"), Unanswered),
        (problem(401), NotSent),
        (problem(403), NotSent),
        (problem(429), NotSent),
        (problem(400, "RATE_LIMIT_REACHED"), NotSent),
        (problem(409), Unanswered),
        (problem(500), Unanswered),
        (problem(422, "DUPLICATE_REQUEST_ID"), Unanswered),
        (problem(405), Refused),
        (problem(422, "ODD"), Refused),
    ],
)
async def test_an_order_and_a_capture_are_refused_for_now_or_for_good(
    told: Told, answer: Any, means: type
) -> None:
    told.at(ORDERS, answer)
    told.at(CAPTURE_OF, answer)

    assert means is type(await told.paypal.open_checkout(REQUEST))
    assert means is type(await told.paypal.capture_checkout(CAPTURE))


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (refused("ORDER_NOT_APPROVED"), NotApproved()),
        (refused("ORDER_EXPIRED"), Closed("ORDER_EXPIRED")),
        (refused("INSTRUMENT_DECLINED"), Declined("INSTRUMENT_DECLINED")),
        (problem(404), Closed("PayPal does not show the order any more")),
    ],
)
async def test_what_a_refused_capture_means(told: Told, answer: Any, means: object) -> None:
    told.at(CAPTURE_OF, answer)

    assert means == await told.paypal.capture_checkout(CAPTURE)


ALREADY = refused("ORDER_ALREADY_CAPTURED")


@pytest.mark.parametrize(
    "shown",
    [
        problem(500),
        problem(400),
        problem(404),
        response(200, order("APPROVED")),
        response(200, {**order("APPROVED"), "id": None}),
    ],
)
async def test_a_capture_that_is_there_already_is_a_success_only_if_it_can_be_read(
    told: Told, shown: Any
) -> None:
    told.at(CAPTURE_OF, ALREADY)
    told.at(ORDER, shown)

    assert isinstance(await told.paypal.capture_checkout(CAPTURE), Unanswered)
    told.at(ORDER, response(200, order("COMPLETED", capture())))
    told.at(SHOWN_CAPTURE, response(200, capture()))

    assert isinstance(await told.paypal.capture_checkout(CAPTURE), Captured)


@pytest.mark.parametrize(
    ("shown", "means"),
    [
        (order("COMPLETED", capture()), Captured),
        (order("APPROVED"), Unanswered),
        (order("ODD"), Unanswered),
        ({**order("COMPLETED", capture()), "id": "0000"}, Unanswered),
        ({**order("COMPLETED", capture()), "id": "ZZZZ"}, Unanswered),
        (order("COMPLETED", capture(custom_id="a")), Critical),
        (order("COMPLETED", capture(custom_id="z")), Critical),
        (order("COMPLETED"), Unanswered),
        (order("COMPLETED", capture(), capture()), Unanswered),
    ],
)
async def test_a_capture_is_of_the_order_and_the_payment_that_were_asked_for(
    told: Told, shown: Any, means: type
) -> None:
    told.at(CAPTURE_OF, response(201, shown))

    assert means is type(await told.paypal.capture_checkout(CAPTURE))


@pytest.mark.parametrize(
    ("shown", "error"),
    [
        ({**order("APPROVED"), "id": None}, GatewayUnavailable),
        (order("ODD"), Unconfirmable),
        ({**order("APPROVED"), "id": "0000"}, Unconfirmable),
        ({**order("APPROVED"), "id": "ZZZZ"}, Unconfirmable),
        (order("COMPLETED"), Unconfirmable),
        (order("COMPLETED", capture(), capture()), Unconfirmable),
        (order("APPROVED", purchase_units=[{}, {}]), Unconfirmable),
    ],
)
async def test_an_order_that_means_nothing_is_for_people_and_one_without_an_id_is_no_answer(
    told: Told, shown: Any, error: type[Exception]
) -> None:
    told.at(ORDER, response(200, shown))
    with pytest.raises(error, match=r"^PayPal, show order: "):
        await told.paypal.read_checkout(ORDER_ID, NOON)


async def test_an_order_that_only_a_proxy_does_not_show_is_not_gone(told: Told) -> None:
    told.at(ORDER, response(404, "<html>"))
    with pytest.raises(GatewayUnavailable):
        await told.paypal.read_checkout(ORDER_ID, NOON)
    told.at(ORDER, problem(404))

    assert None is await told.paypal.read_checkout(ORDER_ID, NOON)
    assert None is await told.paypal.read_checkout("../x", NOON)


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("CREATED", Standing.open),
        ("SAVED", Standing.open),
        ("PAYER_ACTION_REQUIRED", Standing.open),
        ("APPROVED", Standing.approved),
        ("VOIDED", Standing.closed),
    ],
)
async def test_an_order_without_a_capture_stands_where_paypal_says(
    told: Told, status: str, standing: Standing
) -> None:
    told.at(ORDER, response(200, order(status)))
    seen: Any = await told.paypal.read_checkout(ORDER_ID, NOON)

    assert (standing, PAYMENT_ID, None) == (seen.standing, seen.payment_id, seen.money)
    told.at(ORDER, response(200, order(status, purchase_units=[])))
    seen = await told.paypal.read_checkout(ORDER_ID, NOON)

    assert None is seen.payment_id


async def test_a_capture_names_its_payment_itself_or_its_order_does(told: Told) -> None:
    told.at(ORDER, response(200, order("COMPLETED", capture(custom_id=None))))
    told.at(SHOWN_CAPTURE, response(200, capture(custom_id="pay-other")))
    seen: Any = await told.paypal.read_checkout(ORDER_ID, NOON)

    assert "pay-other" == seen.payment_id
    told.at(SHOWN_CAPTURE, response(200, capture(custom_id=None)))
    seen = await told.paypal.read_checkout(ORDER_ID, NOON)

    assert (PAYMENT_ID, "PAYER1") == (seen.payment_id, seen.money.payer.reference)
    source = {"paypal": {"account_id": "PAYER2"}}
    shown = order("COMPLETED", capture(), payment_source=source, payer=None)
    told.at(ORDER, response(200, shown))
    seen = await told.paypal.read_checkout(ORDER_ID, NOON)

    assert "PAYER2" == seen.money.payer.reference
    told.at(SHOWN_CAPTURE, problem(404))
    with pytest.raises(GatewayUnavailable, match="does not show the order's capture yet"):
        await told.paypal.read_checkout(ORDER_ID, NOON)


async def test_the_whole_order_is_asked_for_when_it_is_made_and_captured() -> None:
    scripted = Scripted(response(201, created()), response(201, order("COMPLETED", capture())))
    await scripted.paypal.open_checkout(REQUEST)
    await scripted.paypal.capture_checkout(CAPTURE)

    assert ["return=representation"] * 2 == [one.headers["Prefer"] for one in scripted.sent]
    odd = replace(CAPTURE, reference="../x")
    assert Refused("the checkout's id is none of PayPal's") == (
        await scripted.paypal.capture_checkout(odd)
    )
