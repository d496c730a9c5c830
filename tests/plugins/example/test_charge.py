"""What each answer of the Example gateway means for the money."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.api import (
    Context,
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    NotFound,
    NotSent,
    Payer,
    Pending,
    Refused,
    Response,
    Succeeded,
    Unanswered,
)
from penstock.testing.builders import charge_request
from penstock.testing.context import context
from penstock.testing.http import ScriptedHttp, response
from penstock_example.gateway import ExampleGateway
from penstock_example.settings import ExampleSettings

URI = "https://gateway.test/v1/charges"
GOOD = {"id": "ch_1", "status": "succeeded"}


def gateway(http: ScriptedHttp, uri: str = URI) -> ExampleGateway:
    made: Context[Any] = context(ExampleSettings.model_validate({"request_uri": uri}), http=http)
    return ExampleGateway(made)


async def charge(answer: Response | Exception) -> Any:
    return await gateway(ScriptedHttp(answer)).charge(charge_request())


async def look_up(answer: Response | Exception) -> Any:
    return await gateway(ScriptedHttp(answer)).look_up(charge_request())


async def test_a_charge_is_one_post_under_the_operations_id():
    http = ScriptedHttp(response(201, GOOD))
    payer = Payer("customer-12", "Ada", "ada@example.test")

    await gateway(http).charge(
        charge_request(
            "op-1", payer=payer, reference="o-7", description="Gold", metadata={"shop": "7"}
        )
    )

    (sent,) = http.requests
    assert ("POST", URI, 5.0) == (sent.method, sent.url, sent.timeout)
    assert {"content-type": "application/json", "idempotency-key": "op-1"} == sent.headers
    assert {
        "id": "op-1",
        "payment_id": "pay-1",
        "amount": 1250,
        "currency": "USD",
        "reference": "o-7",
        "description": "Gold",
        "payer": {"reference": "customer-12", "name": "Ada", "email": "ada@example.test"},
        "metadata": {"shop": "7"},
    } == sent.json


async def test_every_attempt_sends_the_same_bytes():
    http = ScriptedHttp(response(503), response(201, GOOD))
    asking = gateway(http)

    await asking.charge(charge_request(reference="o-7"))
    await asking.charge(charge_request(reference="o-7"))

    first, second = http.requests
    assert first == second


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (response(200, GOOD), Succeeded("ch_1")),
        (response(201, GOOD), Succeeded("ch_1")),
        (response(200, {"id": "ch_1"}), Succeeded("ch_1")),
        (response(200, {}), Succeeded("op-1")),
        (response(201, {"id": "ch_1", "status": "pending"}), Pending("ch_1")),
        (
            response(200, {"id": "ch_1", "status": "declined", "code": "insufficient_funds"}),
            Declined("the gateway declined it: insufficient_funds"),
        ),
        (response(402), Declined("the gateway declined it: 402")),
        (response(409), Declined("the gateway declined it: 409")),
        (response(422), Declined("the gateway declined it: 422")),
        (
            response(402, {"code": "card_expired"}),
            Declined("the gateway declined it: card_expired"),
        ),
        (response(408), Unanswered("the gateway answered 408")),
        (response(425), NotSent("the gateway said later (425)")),
        (response(429), NotSent("the gateway said later (429)")),
        (response(503, "", {"Retry-After": "7"}), NotSent("the gateway said later (503)", 7.0)),
        (
            response(429, "", {"Retry-After": "Mon, 02 Nov 2026 12:00:30 GMT"}),
            NotSent("the gateway said later (429)", 30.0),
        ),
        (HttpNotSent("refused"), NotSent("the gateway could not be reached")),
        (HttpUnanswered("late"), Unanswered("the gateway's answer was lost")),
    ],
)
async def test_an_answer_that_says_what_happened(answer: Response | Exception, meaning: object):
    assert meaning == await charge(answer)


@pytest.mark.parametrize("body", ["", "ok", "\xff", "[]", "null", '"ok"', "[" * 100_000])
async def test_a_success_that_cannot_be_read_leaves_it_unknown(body: str):
    answer = await charge(response(200, body.encode("latin-1")))

    assert isinstance(answer, Unanswered)


@pytest.mark.parametrize("id", ["", 7, None, "x" * 256])
async def test_a_success_with_no_usable_reference_leaves_it_unknown(id: object):
    assert isinstance(await charge(response(200, {"id": id})), Unanswered)


@pytest.mark.parametrize("status", ["unheard-of", None, 1, []])
async def test_a_status_we_do_not_know_leaves_it_unknown(status: object):
    assert isinstance(await charge(response(200, {"id": "ch_1", "status": status})), Unanswered)


async def test_500_is_critical():
    assert isinstance(await charge(response(500)), Critical)


@pytest.mark.parametrize("status", [202, 204, 501, 502, 504, 505, 599])
async def test_other_failures_leave_it_unknown(status: int):
    assert isinstance(await charge(response(status, GOOD)), Unanswered)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 405, 413, 418])
async def test_a_request_the_gateway_would_not_take_is_for_people(status: int):
    assert isinstance(await charge(response(status, GOOD)), Refused)


@pytest.mark.parametrize("code", ["Card of Ada was declined", "a b", "x" * 65, 7, None, "<b>"])
async def test_a_decline_quotes_short_codes_only(code: object):
    assert Declined("the gateway declined it: 402") == await charge(response(402, {"code": code}))


async def test_a_look_up_asks_by_operation_id():
    http = ScriptedHttp(response(404))

    await gateway(http).look_up(charge_request("op/1?"))

    (sent,) = http.requests
    assert ("GET", f"{URI}/op%2F1%3F") == (sent.method, sent.url)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (response(200, GOOD), Succeeded("ch_1")),
        (response(200, {"id": "ch_1", "status": "pending"}), Pending("ch_1")),
        (
            response(200, {"id": "ch_1", "status": "declined"}),
            Declined("the gateway declined it: declined"),
        ),
        (response(404), NotFound()),
    ],
)
async def test_a_look_up_that_says_what_became_of_it(answer: Response, meaning: object):
    assert meaning == await look_up(answer)


@pytest.mark.parametrize(
    "answer",
    [
        HttpNotSent("refused"),
        HttpUnanswered("late"),
        response(200),
        response(200, {"id": "ch_1"}),
        response(200, {"status": "succeeded"}),
        *[response(status, GOOD) for status in (201, 204, 301, 400, 401, 410, 429, 500, 502, 503)],
    ],
)
async def test_a_look_up_without_an_answer_is_still_unknown(answer: Response | Exception):
    with pytest.raises(GatewayUnavailable):
        await look_up(answer)


async def test_a_look_up_comes_back_when_the_gateway_says():
    with pytest.raises(GatewayUnavailable) as later:
        await look_up(response(503, "", {"Retry-After": "9"}))

    assert 9.0 == later.value.retry_after


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "gateway.test/charges",
        "ftp://gateway.test/charges",
        "https://key:secret@gateway.test/charges",
        "https://gateway.test/charges?key=secret",
        "https://gateway.test/charges#here",
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(uri: str):
    with pytest.raises(ValidationError):
        ExampleSettings.model_validate({"request_uri": uri})
