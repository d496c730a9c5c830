"""What PayPal refuses: how long to wait, what is logged, and what alarms count."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import GatewayUnavailable, HttpNotSent, Refused, Unconfirmable
from penstock.testing.builders import invoice_draft
from penstock.testing.http import response
from penstock_paypal.client.api import path
from tests.plugins.paypal.client import SALE_PATH, ask_once, told
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.told import TOKEN, Told, jittered, problem

__all__ = ["told"]


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (problem(429, **{"retry-after": "7"}), 7),
        (problem(429, **{"retry-after": "Mon, 02 Nov 2026 12:00:09 GMT"}), 9),
        (problem(429, **{"retry-after": "999999"}), 900),
        (problem(429, **{"retry-after": "soon"}), 30),
        (problem(429), 30),
        (problem(503, **{"retry-after": "7"}), 7),
        (problem(503), None),
        (problem(500), None),
        (problem(400, "RATE_LIMIT_REACHED"), 30),
        (problem(409), None),
    ],
)
async def test_how_long_to_wait_is_what_paypal_says_and_jitter(
    told: Told, answer: Any, seconds: float | None
) -> None:
    told.at(SALE_PATH, answer)
    with pytest.raises(GatewayUnavailable) as later:
        await ask_once(told)

    assert (None if seconds is None else jittered(seconds)) == later.value.retry_after


async def test_a_rate_limit_on_tokens_is_waited_for_too(told: Told) -> None:
    told.http.answers[TOKEN] = problem(429, **{"retry-after": "7"})
    with pytest.raises(HttpNotSent) as later:
        await ask_once(told)

    assert jittered(7) == later.value.retry_after


async def test_a_rate_limit_on_tokens_is_not_taken_for_refused_credentials(told: Told) -> None:
    """
    PayPal may answer 400 with RATE_LIMIT_REACHED; the client's id and secret are good.
    """
    told.http.answers[TOKEN] = problem(400, "RATE_LIMIT_REACHED")
    with pytest.raises(HttpNotSent):
        await ask_once(told)

    assert ["gateway.rate_limited"] == [event for _, event, _ in told.log.lines]
    assert 0 == told.secrets.refreshes


@pytest.mark.parametrize(
    ("answer", "error"),
    [(problem(503), GatewayUnavailable), (problem(422, "SOME_ISSUE"), Unconfirmable)],
)
async def test_an_error_names_the_request_for_paypals_support(
    told: Told, answer: Any, error: type[Exception]
) -> None:
    told.at(SALE_PATH, answer)

    with pytest.raises(error, match=r"\(debug_id 90957fca61718\)$"):
        await ask_once(told)


async def test_a_refusal_that_repeats_keeps_its_reason(told: Told) -> None:
    """
    `invoice.withheld` is published when its reason changes; a debug_id is new each time.
    """
    told.at("/v2/invoicing/invoices", problem(405, "SOME_ISSUE"))

    assert Refused("PayPal refused the invoice: 405 SOME_ISSUE, X_NAME") == (
        await told.paypal.create_invoice(invoice_draft())
    )


async def test_a_refusal_is_logged_with_what_paypals_support_asks_for(told: Told) -> None:
    told.at(SALE_PATH, problem(422, "SOME_ISSUE"))
    with pytest.raises(Unconfirmable):
        await ask_once(told)

    assert [
        (
            "warning",
            "paypal.refused",
            {
                "what": "show sale",
                "status": 422,
                "issues": ["SOME_ISSUE", "X_NAME"],
                "debug_id": "90957fca61718",
            },
        )
    ] == told.log.lines


@pytest.mark.parametrize("answer", [problem(429), problem(400, "RATE_LIMIT_REACHED")])
async def test_asking_too_much_is_an_event_that_alarms_count(told: Told, answer: Any) -> None:
    told.at(SALE_PATH, answer)
    with pytest.raises(GatewayUnavailable):
        await ask_once(told)

    assert (
        "warning",
        "gateway.rate_limited",
        {"gateway": "paypal", "what": "show sale", "debug_id": "90957fca61718"},
    ) == told.log.lines[0]


@pytest.mark.parametrize("status", [401, 403])
async def test_credentials_paypal_does_not_take_are_an_event_that_alarms_count_and_wait(
    told: Told, status: int
) -> None:
    told.at(SALE_PATH, problem(status))
    with pytest.raises(GatewayUnavailable):
        await ask_once(told)

    assert (
        "warning",
        "gateway.denied",
        {
            "gateway": "paypal",
            "what": "show sale",
            "status": status,
            "debug_id": "90957fca61718",
        },
    ) == told.log.lines[0]


async def test_a_refused_client_is_an_event_that_alarms_count(told: Told) -> None:
    told.http.answers[TOKEN] = response(401, {"error": "invalid_client"})
    with pytest.raises(HttpNotSent):
        await ask_once(told)

    assert [("warning", "gateway.denied", {"gateway": "paypal", "what": "token"})] == (
        told.log.lines
    )


async def test_other_refusals_are_not_counted_as_asking_too_much(told: Told) -> None:
    told.at(SALE_PATH, problem(503))
    with pytest.raises(GatewayUnavailable):
        await ask_once(told)

    assert ["paypal.refused"] == [event for _, event, _ in told.log.lines]


async def test_a_debug_id_is_taken_from_the_header_where_the_body_has_none(told: Told) -> None:
    told.at(SALE_PATH, response(503, b"<html>", {"Paypal-Debug-Id": "f1a2"}))
    with pytest.raises(GatewayUnavailable):
        await ask_once(told)

    assert "f1a2" == told.log.lines[0][2]["debug_id"]


async def test_what_paypal_writes_besides_codes_reaches_no_log_and_no_error(told: Told) -> None:
    """
    It may quote the payer.
    """
    body = {"name": "buyer@example.com said so", "details": [{"issue": "x\ny"}], "debug_id": "a b"}
    told.at(SALE_PATH, response(422, body))
    with pytest.raises(Unconfirmable) as refused:
        await ask_once(told)

    assert "PayPal, show sale: 422" == str(refused.value)
    assert "buyer" not in repr(told.log.lines)


@pytest.mark.parametrize(
    "identity", ["", "..", "a", "A/B", "A?x", "A#x", "A%2e", "A\n", "A" * 65, "É" * 5, "I-1 "]
)
def test_only_ids_enter_paths(identity: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        path("/v1/payments/sale/{}", identity)


async def test_over_http_a_token_paypal_took_back_is_replaced(stage: Stage) -> None:
    await stage.trigger()
    (delivery,) = stage.received
    notification = stage.paypal.read(delivery)
    await stage.paypal.confirm(notification, delivery.received_at)
    await stage.control.delete("/_simulator/tokens")
    await stage.paypal.confirm(notification, delivery.received_at)
    tokens = [one for one in await stage.asked() if one == ("POST", "/v1/oauth2/token")]

    assert 2 == len(tokens)
