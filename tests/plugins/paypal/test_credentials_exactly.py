"""PayPal's tokens and credentials, and what a refusal means."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import HttpNotSent
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import CountingIds, FixedSecrets, RecordingLog
from penstock.testing.http import Always, response
from penstock_paypal.client import idempotency, refusal
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from tests.plugins.paypal.api_asked import Asked, api
from tests.plugins.paypal.told import API, SECRET


@pytest.mark.parametrize("status", [400, 402, 403, 409, 500])
async def test_only_a_401_costs_the_token(status: int) -> None:
    http = Asked(response(status, {}))
    client = api(http)
    for _ in range(2):
        await client.send("GET", "/x", "show x")

    assert (1, 2) == (http.tokens, len(http.requests))


async def test_a_token_that_was_replaced_meanwhile_is_not_dropped() -> None:
    http = Asked(response(200, {}))
    tokens = Tokens(
        API,
        FixedSecrets(SECRET),
        http,
        FrozenClock(),
        Pace(CountingIds()),
        RecordingLog(),
        4.0,
        "paypal",
    )
    tokens.drop("A21AA")
    for other in ("A", "Z", "A21AB"):
        await tokens.get()
        tokens.drop(other)
    assert 1 == http.tokens
    tokens.drop("A21AA")
    await tokens.get()

    assert 2 == http.tokens


@pytest.mark.parametrize(
    "versions",
    [
        [],
        [{"client_id": "a"}],
        [{"client_secret": "b"}],
        [{"client_id": "", "client_secret": "b"}, {"client_id": "a", "client_secret": ""}],
    ],
)
async def test_without_both_halves_of_the_credentials_there_is_none_to_try(versions: Any) -> None:
    http = Asked(response(200, {}))
    client = Tokens(
        *(API, FixedSecrets(*versions), http, FrozenClock(), Pace(CountingIds())),
        *(RecordingLog(), 4.0, "paypal"),
    )
    with pytest.raises(HttpNotSent, match="the secret has no client_id and client_secret"):
        await client.accepted()
    with pytest.raises(HttpNotSent, match="PayPal does not take the client_id"):
        await client.get()
    assert 0 == http.tokens


@pytest.mark.parametrize(
    ("status", "said", "refreshes"),
    [
        (399, "no token: PayPal answered 399", 0),
        (400, "PayPal does not take the client_id", 1),
        (401, "PayPal does not take the client_id", 1),
        (402, "no token: PayPal answered 402", 0),
        (429, "no token: PayPal answered 429", 0),
    ],
)
async def test_only_a_400_or_401_refuses_the_credentials(
    status: int, said: str, refreshes: int
) -> None:
    secrets = FixedSecrets(SECRET)
    tokens = Tokens(
        *(API, secrets, Always(response(status, {})), FrozenClock(), Pace(CountingIds())),
        *(RecordingLog(), 4.0, "paypal"),
    )
    with pytest.raises(HttpNotSent, match=said):
        await tokens.get()

    assert refreshes == secrets.refreshes
    assert status not in (400, 401) or not await tokens.accepted()


@pytest.mark.parametrize(
    ("granting", "good"),
    [
        ({"access_token": "A", "expires_in": 1}, True),
        ({"access_token": "A", "expires_in": "1"}, False),
        ({"access_token": "A"}, False),
        ({"expires_in": 1}, False),
        ({"access_token": "A\u00e9", "expires_in": 1}, False),
        ({"access_token": "A\n", "expires_in": 1}, False),
        ({"access_token": "", "expires_in": 1}, False),
    ],
)
async def test_a_token_is_printable_ascii_with_a_life(granting: Any, good: bool) -> None:
    tokens = Tokens(
        *(
            API,
            FixedSecrets(SECRET),
            Always(response(200, granting)),
            FrozenClock(),
            Pace(CountingIds()),
        ),
        *(RecordingLog(), 4.0, "paypal"),
    )
    if good:
        assert "A" == await tokens.get()
        assert await tokens.accepted()
    else:
        with pytest.raises(HttpNotSent, match="no token: PayPal answered something else"):
            await tokens.get()


@pytest.mark.parametrize(("length", "good"), [(0, False), (1, True), (78, True), (79, False)])
def test_a_request_id_has_1_to_78_characters(length: int, good: bool) -> None:
    if good:
        assert {"PayPal-Request-Id": "x" * length} == idempotency.header(
            "POST", "/v2/checkout/orders?x=1", "x" * length
        )
    else:
        with pytest.raises(ValueError, match="1 to 78 printable"):
            idempotency.header("POST", "/v2/checkout/orders", "x" * length)
    for method, path in (("GET", "/v2/checkout/orders"), ("POST", "/v2/checkout/orders/X")):
        assert {} == idempotency.header(method, path, None)
    for method in ("GET", "PUT", "PATCH"):
        assert not idempotency.keyed(method, "/v2/checkout/orders")


@pytest.mark.parametrize(
    ("path", "hours"),
    [
        ("/v1/payments/sale/X/refund", 30 * 24),
        ("/v1/payments/capture/X/refund", 30 * 24),
        ("/v2/payments/captures/X/refund", 45 * 24),
        ("/v1/billing/subscriptions/X/capture", 72),
        ("/v2/checkout/orders", None),
    ],
)
def test_a_request_id_is_known_as_long_as_paypal_says(path: str, hours: int | None) -> None:
    if hours is None:
        with pytest.raises(ValueError, match="neither a refund nor"):
            idempotency.window(path)
    else:
        assert hours * 3600 == idempotency.window(path).total_seconds()


def answered(status: int, body: object) -> Answer:
    return Answer.of(response(status, body), NOON, Pace(CountingIds()))


@pytest.mark.parametrize(
    ("status", "body", "doubted", "means"),
    [
        (401, {}, False, "NotSent"),
        (403, b"<html>", False, "NotSent"),
        (429, {}, True, "NotSent"),
        (400, {"name": "RATE_LIMIT_REACHED"}, False, "NotSent"),
        (409, {}, False, "Unanswered"),
        (500, {}, False, "Unanswered"),
        (404, b"<html>", False, "Unanswered"),
        (422, {"name": "DUPLICATE_REQUEST_ID"}, False, "Unanswered"),
        (422, {"name": "PREVIOUS_REQUEST_IN_PROGRESS"}, False, "Unanswered"),
        (422, {"name": "ODD"}, False, "Declined"),
        (422, {"name": "ODD"}, True, "Critical"),
        (422, {"name": "SURE"}, True, "Declined"),
        (422, {"name": "PLAIN"}, True, "Declined"),
    ],
)
def test_what_a_refusal_of_money_means(status: int, body: Any, doubted: bool, means: str) -> None:
    untouched = {"SURE": "do this", "PLAIN": ""}
    found = refusal.refusal(answered(status, body), "pay", untouched, doubted=doubted)
    name = body["name"] if isinstance(body, dict) and body else ""

    assert means == type(found).__name__
    assert str(found.because).startswith(f"PayPal, pay: {status} {name}".strip())
    assert ("do this" in found.because) is (name == "SURE")
    assert found.because.endswith(": do this" if name == "SURE" else found.because[-3:])
