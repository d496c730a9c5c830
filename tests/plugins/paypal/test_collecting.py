"""Collecting what a buyer owes at PayPal: what is sent, and what each answer means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    CollectRequest,
    Critical,
    Declined,
    HttpNotSent,
    HttpUnanswered,
    Money,
    NotSent,
    Succeeded,
    Unanswered,
)
from penstock.testing.http import response
from tests.plugins.paypal.sales import AGREEMENT
from tests.plugins.paypal.test_refunding import Keeping
from tests.plugins.paypal.told import TOKEN, Told, granted, problem

PATH = f"/v1/billing/subscriptions/{AGREEMENT}/capture"
ASKED = CollectRequest("op-1", AGREEMENT, Money(990, "USD"), "the card was replaced")


def taken(status: str = "COMPLETED") -> dict[str, Any]:
    return {"id": "5CS38179PL895402Y", "status": status}


async def test_the_amount_the_reason_and_the_request_id_are_sent() -> None:
    http = Keeping({TOKEN: granted()})
    told = Told(http)
    told.at(PATH, response(200, taken()))

    made = await told.paypal.collect(ASKED)

    ((headers, body),) = http.sent
    assert Succeeded("5CS38179PL895402Y") == made
    assert "op-1" == headers["PayPal-Request-Id"]
    assert {
        "note": "the card was replaced",
        "capture_type": "OUTSTANDING_BALANCE",
        "amount": {"currency_code": "USD", "value": "9.90"},
    } == body


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (response(202, taken("PENDING")), Succeeded),
        # A repeat is answered with how the payment stands by now.
        (response(200, taken("REFUNDED")), Succeeded),
        (response(200, taken("PARTIALLY_REFUNDED")), Succeeded),
        (response(200, taken("DECLINED")), Declined),
        (response(200, taken("HELD_TOMORROW")), Critical),
        (response(200, {"id": "5CS38179PL895402Y"}), Unanswered),
        (problem(422, "ZERO_OUTSTANDING_BALANCE"), Declined),
        (problem(422, "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE"), Declined),
        (problem(422, "SUBSCRIPTION_STATUS_INVALID"), Declined),
        (problem(404), Declined),
        (problem(403), NotSent),
        (problem(429), NotSent),
        (HttpNotSent("no connection"), NotSent),
        (HttpUnanswered("no answer"), Unanswered),
        (problem(500), Unanswered),
        (problem(503), Unanswered),
        (response(404, "<html>"), Unanswered),
    ],
    ids=repr,
)
async def test_what_each_answer_means(told: Told, answer: Any, means: type) -> None:
    told.at(PATH, answer)

    assert isinstance(await told.paypal.collect(ASKED), means)


def test_paypal_knows_a_collection_for_72_hours(told: Told) -> None:
    assert timedelta(hours=72) == told.paypal.collect_window
