"""The API client: one token for all, errors by status and issue, nothing secret told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Evidence,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Notification,
    NotSent,
    Refused,
    Unconfirmable,
)
from penstock.testing.builders import invoice_draft
from penstock.testing.clock import NOON
from penstock.testing.context import FixedSecrets, NoSecrets
from penstock.testing.http import response
from penstock_paypal.client.api import path
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.told import SECRET, TOKEN, Told, granted, jittered, problem

SALE = "5CS38179PL895402Y"
SALE_PATH = f"/v1/payments/sale/{SALE}"
FOUND = response(
    200,
    {"id": SALE, "state": "completed", "amount": {"total": "1.00", "currency": "USD"}},
)


def _notification() -> Notification:
    return Notification(
        id="WH-1",
        gateway="paypal",
        type="PAYMENT.SALE.COMPLETED",
        entity=f"paypal-{SALE}",
        resource={},
        occurred_at=NOON - timedelta(days=1),
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="0",
    )


async def _ask(told: Told) -> Any:
    return await told.paypal.confirm(_notification(), NOON)


@pytest.fixture
def told() -> Told:
    told = Told()
    told.at(SALE_PATH, FOUND)
    return told


async def test_a_token_is_asked_for_once_by_all_at_once(told: Told) -> None:
    told.http.gate = asyncio.Event()
    asking = [asyncio.create_task(_ask(told)) for _ in range(10)]
    await asyncio.sleep(0)
    told.http.gate.set()
    await asyncio.gather(*asking)

    assert (1, 10) == (told.tokens, len(told.asked))


async def test_a_token_is_renewed_before_it_ends(told: Told) -> None:
    """
    By what PayPal says of its life, not by what it used to be.
    """
    told.http.answers[TOKEN] = granted(life=3600)
    await _ask(told)
    told.clock.advance(3600 - 301)
    await _ask(told)

    assert 1 == told.tokens
    told.clock.advance(2)
    await _ask(told)

    assert 2 == told.tokens


async def test_a_refused_token_is_replaced_once(told: Told) -> None:
    told.at(SALE_PATH, response(401, {"error": "invalid_token"}), FOUND)
    await _ask(told)

    assert (2, 2) == (told.tokens, len(told.asked))


async def test_a_token_refused_again_is_for_people_to_mend(told: Told) -> None:
    told.at(SALE_PATH, response(401, {"error": "invalid_token"}))
    with pytest.raises(GatewayUnavailable, match="401 invalid_token"):
        await _ask(told)

    assert (2, 2) == (told.tokens, len(told.asked))


async def test_both_credentials_of_a_rotation_are_tried(told: Told) -> None:
    new = {"client_id": "new", "client_secret": "not yet known to PayPal"}
    told = Told(secrets=FixedSecrets(new, SECRET))
    told.at(SALE_PATH, FOUND)
    told.http.answers[TOKEN] = [response(401, {"error": "invalid_client"}), granted()]
    await _ask(told)

    assert (2, 0) == (told.tokens, told.secrets.refreshes)


async def test_the_former_secret_of_the_same_client_is_tried_too() -> None:
    """
    A new secret may be written before PayPal takes it; the one before is good until then.
    """
    told = Told(secrets=FixedSecrets({**SECRET, "client_secret": "not yet good"}, SECRET))
    told.at(SALE_PATH, FOUND)
    told.http.answers[TOKEN] = [response(401, {"error": "invalid_client"}), granted()]
    await _ask(told)
    await _ask(told)

    assert (2, 0, 2) == (told.tokens, told.secrets.refreshes, len(told.asked))


async def test_a_token_of_a_secret_that_is_no_longer_ours_is_not_used() -> None:
    """
    The secret was replaced, because it was lost perhaps; its client is the same.
    """
    rotated = {**SECRET, "client_secret": "rotated"}
    told = Told(secrets=FixedSecrets(SECRET, fresh=(rotated,)))
    told.at(SALE_PATH, FOUND)
    await _ask(told)
    await told.secrets.refresh()
    await _ask(told)

    assert 2 == told.tokens


async def test_new_credentials_are_looked_for_when_the_known_ones_fail() -> None:
    fresh = {"client_id": "client", "client_secret": "rotated"}
    told = Told(secrets=FixedSecrets(SECRET, fresh=(fresh,)))
    told.at(SALE_PATH, FOUND)
    told.http.answers[TOKEN] = [response(401, {"error": "invalid_client"}), granted()]
    await _ask(told)

    assert (2, 1) == (told.tokens, told.secrets.refreshes)


@pytest.mark.parametrize(
    "answer",
    [
        response(401, {"error": "invalid_client"}),
        response(429, b""),
        response(500, b"<html>"),
        response(200, b"<html>"),
        response(200, {"access_token": "A21AA"}),
        response(200, {"access_token": "A\u00e9", "expires_in": 1}),
        HttpNotSent("no connection"),
        HttpUnanswered("timeout"),
    ],
)
async def test_without_a_token_nothing_was_sent(told: Told, answer: Any) -> None:
    """
    So whatever wanted to be sent may be tried again.
    """
    told.http.answers[TOKEN] = answer

    assert isinstance(await told.paypal.create_invoice(invoice_draft()), NotSent)
    assert [] == told.asked


async def test_an_unreadable_secret_means_nothing_was_sent() -> None:
    told = Told(secrets=NoSecrets())  # type: ignore[arg-type] # a secret that cannot be read

    assert isinstance(await told.paypal.create_invoice(invoice_draft()), NotSent)
    assert [] == told.http.asked


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
        await _ask(told)

    assert (None if seconds is None else jittered(seconds)) == later.value.retry_after


async def test_a_rate_limit_on_tokens_is_waited_for_too(told: Told) -> None:
    told.http.answers[TOKEN] = problem(429, **{"retry-after": "7"})
    with pytest.raises(HttpNotSent) as later:
        await _ask(told)

    assert jittered(7) == later.value.retry_after


async def test_a_rate_limit_on_tokens_is_not_taken_for_refused_credentials(told: Told) -> None:
    """
    PayPal may answer 400 with RATE_LIMIT_REACHED; the client's id and secret are good.
    """
    told.http.answers[TOKEN] = problem(400, "RATE_LIMIT_REACHED")
    with pytest.raises(HttpNotSent):
        await _ask(told)

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
        await _ask(told)


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
        await _ask(told)

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
        await _ask(told)

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
        await _ask(told)

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
        await _ask(told)

    assert [("warning", "gateway.denied", {"gateway": "paypal", "what": "token"})] == (
        told.log.lines
    )


async def test_other_refusals_are_not_counted_as_asking_too_much(told: Told) -> None:
    told.at(SALE_PATH, problem(503))
    with pytest.raises(GatewayUnavailable):
        await _ask(told)

    assert ["paypal.refused"] == [event for _, event, _ in told.log.lines]


async def test_a_debug_id_is_taken_from_the_header_where_the_body_has_none(told: Told) -> None:
    told.at(SALE_PATH, response(503, b"<html>", {"Paypal-Debug-Id": "f1a2"}))
    with pytest.raises(GatewayUnavailable):
        await _ask(told)

    assert "f1a2" == told.log.lines[0][2]["debug_id"]


async def test_what_paypal_writes_besides_codes_reaches_no_log_and_no_error(told: Told) -> None:
    """
    It may quote the payer.
    """
    body = {"name": "buyer@example.com said so", "details": [{"issue": "x\ny"}], "debug_id": "a b"}
    told.at(SALE_PATH, response(422, body))
    with pytest.raises(Unconfirmable) as refused:
        await _ask(told)

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
