"""A plugin or a simulator that no longer keeps to the provider's document is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Http
from penstock.testing.serving import served
from tests.contract.providers.recorder import Recorder
from tests.contract.providers.talking import BUILDS, TALKS, Altering, Call, answering

ORDERS = "paypal: POST /v2/checkout/orders"
HOOK = "slack: POST /services/T000/B000/local"
CHARGES = "example: POST /charges"
INTENTS = "stripe: POST /v1/payment_intents"

Alter = Callable[[Call], Call]


async def talk(
    provider: str, folder: Path, alter: Alter | None = None, answers: dict[str, Any] | None = None
) -> None:
    simulator = BUILDS[provider](folder)
    async with served(answering(simulator, **answers) if answers else simulator) as made:
        http: Http = Altering(made.http, alter) if alter else made.http
        await TALKS[provider](made.told, http)


@pytest.mark.parametrize("provider", list(TALKS))
async def test_a_plugin_and_its_simulator_that_keep_to_the_document_are_not_complained_of(
    recorder: Recorder, tmp_path: Path, provider: str
):
    await talk(provider, tmp_path)

    assert 0 < recorder.seen
    assert [] == recorder.found()


def without(header: str) -> Alter:
    def alter(call: Call) -> Call:
        kept = {name: value for name, value in call.headers.items() if name.lower() != header}
        return replace(call, headers=kept)

    return alter


def with_header(name: str, value: str) -> Alter:
    return lambda call: replace(call, headers={**call.headers, name: value})


def unit(call: Call) -> Call:
    amount = {"value": "12.50", "currency_code": "USD", "total": "12.50"}
    return call.says(purchase_units=[{"custom_id": "pay-1", "amount": amount}])


REQUESTS: dict[str, tuple[str, Alter, str]] = {
    "a field is gone": (
        "example",
        lambda call: call.says(currency=None),
        f"{CHARGES}: body: breaks required {{'property': 'currency'}}",
    ),
    "a field is new": (
        "example",
        lambda call: call.says(colour="red"),
        f"{CHARGES}: body: breaks additionalProperties {{'unexpected': ['colour']}}",
    ),
    "a field has another type": (
        "example",
        lambda call: call.says(amount="1250"),
        f"{CHARGES}: body.amount: breaks type {{'types': ['integer']}}",
    ),
    "a field has a value that is not taken": (
        "paypal",
        lambda call: call.says(intent="AUTHORIZE"),
        f"{ORDERS}: body.intent: breaks const",
    ),
    "a field within a field is new": (
        "paypal",
        unit,
        f"{ORDERS}: body.purchase_units.0.amount: "
        "breaks additionalProperties {'unexpected': ['total']}",
    ),
    "a field of a form is gone": (
        "stripe",
        lambda call: call.writes(**{"metadata[penstock_operation]": None}),
        f"{INTENTS}: body: breaks required {{'property': 'metadata[penstock_operation]'}}",
    ),
    "a field of a form is new": (
        "stripe",
        lambda call: call.writes(setup_future_usage="off_session"),
        f"{INTENTS}: body: breaks additionalProperties {{'unexpected': ['setup_future_usage']}}",
    ),
    "another version": (
        "stripe",
        with_header("stripe-version", "2022-11-15"),
        f"{INTENTS}: header Stripe-Version: breaks const",
    ),
    "a text is too long": (
        "slack",
        lambda call: call.says(text="a" * 4001),
        f"{HOOK}: body.text: breaks maxLength {{'limit': 4000}}",
    ),
    "a header is gone": (
        "paypal",
        without("paypal-request-id"),
        f"{ORDERS}: header PayPal-Request-Id: is missing",
    ),
    "a header is new": (
        "paypal",
        with_header("PayPal-Partner-Attribution-Id", "us"),
        f"{ORDERS}: header paypal-partner-attribution-id: the document has no such parameter",
    ),
    "the token is gone": (
        "paypal",
        without("authorization"),
        f"{ORDERS}: header authorization: is missing; must be bearer",
    ),
    "another content type": (
        "slack",
        with_header("content-type", "text/plain"),
        f"{HOOK}: body: is text/plain; must be application/json",
    ),
    "no JSON": (
        "slack",
        lambda call: replace(call, body=b"{"),
        f"{HOOK}: body: cannot be read",
    ),
    "a query parameter is new": (
        "paypal",
        lambda call: replace(call, url=f"{call.url}?draft=true"),
        f"{ORDERS}: query draft: the document has no such parameter",
    ),
    "another path": (
        "example",
        lambda call: replace(call, url=call.url.replace("/charges", "/payments")),
        "example: POST /payments: the document has no such operation",
    ),
    "another method": (
        "example",
        lambda call: replace(call, method="PUT"),
        "example: PUT /charges: the document has no such operation",
    ),
}


@pytest.mark.parametrize("what", REQUESTS)
async def test_a_request_that_the_document_does_not_have_is_found(
    recorder: Recorder, tmp_path: Path, what: str
):
    provider, alter, finding = REQUESTS[what]

    await talk(provider, tmp_path, alter)

    assert finding in recorder.found(odd_answers=True)


ANSWERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a field is gone": (
        "paypal",
        {"id": None},
        f"{ORDERS}: 200: body: breaks required {{'property': 'id'}}",
    ),
    "a field has another type": (
        "example",
        {"id": 7},
        f"{CHARGES}: 201: body.id: breaks type {{'types': ['string']}}",
    ),
    "a status of an intent that the plugin does not know": (
        "stripe",
        {"status": "requires_magic"},
        f"{INTENTS}: 200: body.status: breaks enum",
    ),
    "a status of an order that the plugin does not know": (
        "paypal",
        {"status": "PAID"},
        f"{ORDERS}: 200: body.status: breaks enum",
    ),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_an_answer_that_the_document_does_not_have_is_found(
    recorder: Recorder, tmp_path: Path, what: str
):
    provider, fields, finding = ANSWERS[what]

    await talk(provider, tmp_path, answers=fields)

    assert finding in recorder.found()


async def test_an_answer_with_a_further_field_is_fine(recorder: Recorder, tmp_path: Path):
    await talk("example", tmp_path, answers={"colour": "red"})

    assert [] == recorder.found()


async def test_a_simulator_that_breaks_is_found(recorder: Recorder, tmp_path: Path):
    simulator = BUILDS["example"](tmp_path)
    async with served(answering(simulator, **{"id": object()})) as made:
        await TALKS["example"](made.told, made.http)

    assert [f"{CHARGES}: 500: is application/octet-stream; must be application/json"] == (
        recorder.found()
    )


async def test_what_a_fault_answers_is_not_the_simulators(recorder: Recorder, tmp_path: Path):
    async with served(BUILDS["example"](tmp_path)) as made:
        fault = b'[{"path": "/plans", "status": 418}]'
        await made.http.request("POST", f"{made.url}/_simulator/faults", body=fault)
        answer = await made.http.request("GET", f"{made.url}/plans")

    assert 418 == answer.status
    assert [] == recorder.found()
