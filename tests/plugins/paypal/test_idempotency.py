"""Request ids: every POST that PayPal does once for an id has one, the same at every attempt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.testing.clock import FrozenClock
from penstock.testing.context import CountingIds, FixedSecrets, RecordingLog
from penstock.testing.http import ScriptedHttp, response
from penstock_paypal.client.api import Api
from penstock_paypal.client.idempotency import keyed
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from tests.plugins.paypal.reference import FOLDER, needs_reference
from tests.plugins.paypal.told import API, SECRET, granted

SUBSCRIPTIONS = "/v1/billing/subscriptions"
OPERATION = "6f1c2a52-8c0a-5a1e-9a52-3f5b1a0c7d11"


def _api(http: ScriptedHttp) -> Api:
    clock, log, pace = FrozenClock(), RecordingLog(), Pace(CountingIds())
    tokens = Tokens(API, FixedSecrets(SECRET), http, clock, pace, log, 5.0, "paypal")
    return Api(API, tokens, http, clock, pace, log, 5.0, "paypal")


async def test_the_operations_id_is_sent_and_repeated_with_a_fresh_token() -> None:
    refused = response(401, {"error": "invalid_token"})
    http = ScriptedHttp(granted(), refused, granted(), response(201, {"id": "I-1"}))
    await _api(http).send("POST", SUBSCRIPTIONS, "create", body={}, request_id=OPERATION)
    posted = [one for one in http.requests if one.url == API + SUBSCRIPTIONS]

    assert [OPERATION, OPERATION] == [one.headers["PayPal-Request-Id"] for one in posted]


async def test_a_post_that_paypal_keys_is_not_sent_without_an_id() -> None:
    http = ScriptedHttp()
    with pytest.raises(ValueError, match="give a request id"):
        await _api(http).send("POST", SUBSCRIPTIONS, "create", body={})

    assert [] == http.requests


@pytest.mark.parametrize("request_id", ["", "a b", "a\nb", "é", "x" * 79])
async def test_only_ids_that_paypal_takes_are_sent(request_id: str) -> None:
    with pytest.raises(ValueError, match="78 printable"):
        await _api(ScriptedHttp()).send("POST", SUBSCRIPTIONS, "create", request_id=request_id)


async def test_a_request_that_paypal_does_not_key_cannot_pretend_to_be() -> None:
    """
    After a lost answer its effect must be looked up; an id would suggest otherwise.
    """
    with pytest.raises(ValueError, match="only there"):
        await _api(ScriptedHttp()).send(
            "POST", f"{SUBSCRIPTIONS}/I-1/cancel", "cancel", body={}, request_id=OPERATION
        )


def _operations() -> Iterator[tuple[str, str, bool]]:
    """Method, path and whether PayPal takes a request id, of all operations it specifies."""
    for file in sorted((FOLDER / "specs").glob("*.json")):
        specification: dict[str, Any] = json.loads(file.read_bytes())
        shared = specification.get("components", {}).get("parameters", {})
        for path, operations in specification["paths"].items():
            for method, operation in operations.items():
                if method not in ("get", "post", "put", "patch", "delete"):
                    continue
                parameters = [
                    shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                    for one in operation.get("parameters", [])
                ]
                takes = any(one["name"] == "PayPal-Request-Id" for one in parameters)
                yield method.upper(), re.sub(r"\{\w+\}", "X-1", path), takes


@needs_reference
def test_the_table_is_what_paypals_specifications_say() -> None:
    operations = list(_operations())

    assert [] == [
        (method, path, takes)
        for method, path, takes in operations
        if keyed(method, path) != (takes and method == "POST")
    ]
    assert 12 < sum(takes for *_, takes in operations)
