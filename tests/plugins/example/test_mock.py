"""The mock of the Example gateway answers as the plugin reads it, and keeps nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from penstock.api import (
    Context,
    Declined,
    Money,
    NotFound,
    RefundRequest,
    Response,
    Succeeded,
)
from penstock.testing.builders import charge_request
from penstock.testing.clock import NOON
from penstock.testing.context import context
from penstock_example.gateway import ExampleGateway
from penstock_example.mock import handler
from penstock_example.settings import ExampleSettings

API = "https://api.penstock.test"


class Lambda:
    """HTTP that API Gateway hands to the mock."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as the port has it
        limit: int = 1024 * 1024,
    ) -> Response:
        parts = urlsplit(url)
        assert API == f"{parts.scheme}://{parts.netloc}"
        event: dict[str, Any] = {
            "requestContext": {"http": {"method": method}},
            "rawPath": parts.path,
            "headers": dict(headers or {}),
        }
        if body is not None:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        answer = handler(event, None)
        return Response(answer["statusCode"], answer["headers"], answer["body"].encode())


def gateway() -> ExampleGateway:
    made: Context[Any] = context(
        ExampleSettings.model_validate({"request_uri": "mock"}), http=Lambda(), api_url=API
    )
    return ExampleGateway(made)


async def test_a_charge_succeeds_and_its_copy_is_the_same_charge() -> None:
    first = await gateway().charge(charge_request("op-1"))
    again = await gateway().charge(charge_request("op-1"))

    assert Succeeded("mock_op-1") == first == again


async def test_an_order_may_ask_to_be_declined() -> None:
    answer = await gateway().charge(charge_request("op-1", reference="decline"))

    assert Declined("the gateway declined it: insufficient_funds") == answer


async def test_a_look_up_finds_nothing_so_the_charge_is_sent_again() -> None:
    assert NotFound() == await gateway().look_up(charge_request("op-1"))


async def test_a_refund_succeeds_when_asked_for_and_when_looked_up() -> None:
    request = RefundRequest("op-2", "pay-1", "mock_op-1", Money(100, "EUR"), path="refunds")

    assert Succeeded("mock_op-2") == await gateway().refund(request)
    assert Succeeded("mock_op-2") == await gateway().read_refund(request)


async def test_the_gap_detector_finds_an_empty_list() -> None:
    listed = await gateway().list_notifications(NOON - timedelta(hours=1), NOON)

    assert ([], True) == (list(listed.notifications), listed.whole)


async def test_what_needs_a_memory_is_refused() -> None:
    answer = handler(_event("POST", "/mocks/example/checkouts"), None)

    assert (422, {"code": "not_mocked"}) == (answer["statusCode"], json.loads(answer["body"]))


@pytest.mark.parametrize("body", [None, "no JSON", "[]", '{"id": "op", "amount": 0}', "[" * 9999])
async def test_a_request_that_is_no_order_is_refused(body: str | None) -> None:
    answer = handler(_event("POST", "/mocks/example/charges", body), None)

    assert 400 == answer["statusCode"]


async def test_its_log_holds_nothing_of_the_order(capsys: pytest.CaptureFixture[str]) -> None:
    await gateway().charge(charge_request("op-1", reference="order of ada@example.test"))

    assert {"event": "mock.answered", "method": "POST", "kind": "charges", "status": 201} == (
        json.loads(capsys.readouterr().out)
    )


def _event(method: str, path: str, body: str | None = None) -> dict[str, Any]:
    headers = {"idempotency-key": "op"}
    return {
        "requestContext": {"http": {"method": method}},
        "rawPath": path,
        "headers": headers,
        "body": body,
    }
