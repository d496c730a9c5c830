"""A refund at PayPal: where it is sent, with which amount, and what each answer means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Money,
    NotSent,
    Pending,
    Response,
    Routed,
    Succeeded,
    Unanswered,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.money.refund import Refund
from tests.plugins.paypal.fakes import ToldHttp
from tests.plugins.paypal.refund_asked import ASKED, V1, V2, capture_refund
from tests.plugins.paypal.sales import (
    CAPTURE_PATH,
    REFUND,
    REFUND_PATH,
    REFUND_V2_PATH,
    SALE,
    SALE_PATH,
    refund,
    sale,
)
from tests.plugins.paypal.told import TOKEN, Told, granted, problem


async def test_a_capture_is_refunded_where_captures_are(told: Told) -> None:
    told.at(CAPTURE_PATH, response(200, {"id": SALE, "status": "COMPLETED"}))

    assert Routed(V2) == await told.paypal.route_refund(ASKED)
    assert [("GET", CAPTURE_PATH)] == told.asked


async def test_a_sale_is_refunded_as_one_only_after_a_definite_404_of_v2(told: Told) -> None:
    told.at(CAPTURE_PATH, problem(404, "INVALID_RESOURCE_ID"))

    assert Routed(V1) == await told.paypal.route_refund(ASKED)


@pytest.mark.parametrize(
    "doubt",
    [
        response(404, "<html>not here</html>"),
        problem(403),
        problem(429),
        problem(500),
        problem(503),
        HttpNotSent("no connection"),
        HttpUnanswered("no answer"),
    ],
    ids=repr,
)
async def test_a_doubt_about_v2_does_not_lead_to_v1(told: Told, doubt: Any) -> None:
    told.at(CAPTURE_PATH, doubt)

    assert isinstance(await told.paypal.route_refund(ASKED), NotSent)
    assert ("GET", SALE_PATH) not in told.asked


async def test_a_payment_in_neither_generation_is_refused(told: Told) -> None:
    told.at(CAPTURE_PATH, problem(404))
    told.at(SALE_PATH, problem(404))

    assert Declined("PayPal holds no such payment") == await told.paypal.route_refund(ASKED)


async def test_decimals_where_paypal_takes_none_are_refused_before_any_call(told: Told) -> None:
    odd = replace(ASKED, amount=Money(550, "TWD"))

    assert Declined("PayPal takes no decimals in TWD") == await told.paypal.route_refund(odd)
    assert [] == told.asked


@dataclass
class Keeping(ToldHttp):
    """Answers as told, and keeps what is sent to it."""

    sent: list[tuple[Mapping[str, str], Any]] = field(
        default_factory=list[tuple[Mapping[str, str], Any]]
    )

    async def request(self, method: str, url: str, **rest: Any) -> Response:
        if method == "POST" and url != TOKEN:
            self.sent.append((rest["headers"], json.loads(rest["body"])))
        return await super().request(method, url, **rest)


@pytest.mark.parametrize(
    ("path", "answer", "sent"),
    [
        (
            V1,
            refund("5.00"),
            {"amount": {"total": "5.00", "currency": "USD"}, "description": "sorry"},
        ),
        (
            V2,
            capture_refund(),
            {
                "amount": {"currency_code": "USD", "value": "5.00"},
                "custom_id": "op-1",
                "note_to_payer": "sorry",
            },
        ),
    ],
    ids=["v1", "v2"],
)
async def test_the_amount_is_explicit_and_the_operation_s_id_is_the_request_id(
    path: str, answer: Any, sent: Any
) -> None:
    http = Keeping({TOKEN: granted()})
    told = Told(http)
    told.at(path, response(201, answer))

    made = await told.paypal.refund(replace(ASKED, path=path))

    ((headers, body),) = http.sent
    assert ("op-1", sent) == (headers["PayPal-Request-Id"], body)
    assert Succeeded(REFUND) == made


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (problem(422, "CAPTURE_FULLY_REFUNDED"), Declined),
        (problem(422, "REFUND_TIME_LIMIT_EXCEEDED"), Declined),
        (problem(422, "REFUND_FAILED_INSUFFICIENT_FUNDS"), Declined),
        (problem(400, "INVALID_PARAMETER_VALUE"), Declined),
        (problem(404, "INVALID_RESOURCE_ID"), Declined),
        (problem(401), NotSent),
        (problem(403), NotSent),
        (problem(429), NotSent),
        (problem(400, "RATE_LIMIT_REACHED"), NotSent),
        (HttpNotSent("no connection"), NotSent),
        (HttpUnanswered("no answer"), Unanswered),
        (problem(408), Unanswered),
        (problem(409, "PREVIOUS_REQUEST_IN_PROGRESS"), Unanswered),
        (problem(422, "DUPLICATE_REQUEST_ID"), Unanswered),
        (problem(500), Unanswered),
        (problem(502), Unanswered),
        (problem(503), Unanswered),
        (problem(504), Unanswered),
        (response(404, "<html>"), Unanswered),
        (response(422, "<html>"), Unanswered),
        (response(200, "<html>"), Unanswered),
        (response(201, {"id": REFUND}), Unanswered),
        (response(201, refund("5.01")), Critical),
    ],
    ids=repr,
)
async def test_what_each_answer_means(told: Told, path: str, answer: Any, means: type) -> None:
    told.at(path, answer)
    told.at(REFUND_PATH, problem(404))
    told.at(REFUND_V2_PATH, problem(404))

    assert isinstance(await told.paypal.refund(replace(ASKED, path=path)), means)


async def test_a_short_answer_is_read_by_the_refund_s_id(told: Told) -> None:
    told.at(V2, response(201, {"id": REFUND, "status": "COMPLETED"}))
    told.at(REFUND_PATH, problem(404))
    told.at(REFUND_V2_PATH, response(200, capture_refund("PENDING")))

    assert Pending(REFUND) == await told.paypal.refund(replace(ASKED, path=V2))


async def test_a_note_that_v1_does_not_take_is_left_out() -> None:
    http = Keeping({TOKEN: granted()})
    told = Told(http)
    told.at(V1, response(201, refund("5.00")))

    made = await told.paypal.refund(replace(ASKED, path=V1, note="很抱歉"))

    ((_, body),) = http.sent
    assert (Succeeded(REFUND), {"amount"}) == (made, set(body))


async def test_a_refusal_says_what_to_do(told: Told) -> None:
    told.at(V2, problem(422, "REFUND_FAILED_INSUFFICIENT_FUNDS"))

    answer = await told.paypal.refund(replace(ASKED, path=V2))

    assert isinstance(answer, Declined)
    assert answer.because.endswith(
        ": add money to the PayPal account, then ask again with a new key"
    )


async def test_a_refusal_names_paypals_issue(told: Told) -> None:
    told.at(V2, problem(422, "CAPTURE_FULLY_REFUNDED"))

    answer = await told.paypal.refund(replace(ASKED, path=V2))

    assert Declined("PayPal, refund: 422 CAPTURE_FULLY_REFUNDED, X_NAME") == answer


async def test_a_refund_that_is_not_shown_stays_pending(told: Told) -> None:
    told.at(REFUND_PATH, problem(404))
    told.at(REFUND_V2_PATH, problem(404))

    with pytest.raises(GatewayUnavailable, match="does not show the refund"):
        await told.paypal.read_refund(replace(ASKED, path=V2, reference=REFUND))


@pytest.mark.parametrize(("path", "days"), [(V1, 30), (V2, 45)])
def test_the_window_is_that_of_paypals_reference(told: Told, path: str, days: int) -> None:
    assert timedelta(days=days) == told.paypal.refund_window(path)


@pytest.mark.parametrize(
    ("custom", "operation"),
    [
        ("6f1c2f5e-5c0d-5d0b-9f0e-6a1d1c7d9a11", "6f1c2f5e-5c0d-5d0b-9f0e-6a1d1c7d9a11"),
        ("order-7", None),
        (None, None),
    ],
)
def test_a_refund_of_ours_names_its_operation(custom: str | None, operation: str | None) -> None:
    shown = Refund.of({**capture_refund(), "custom_id": custom}, NOON)

    assert operation == shown.transaction("refund").operation


def test_a_sale_of_v1_is_no_capture() -> None:
    assert "status" not in sale()
