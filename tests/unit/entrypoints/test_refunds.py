"""`POST /payments/{id}/refunds` over the memory adapters: what each request is answered."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import pytest

from penstock.entrypoints.http.message import Answer
from penstock.ports import Message
from tests.unit.entrypoints.client import Client, conforms, told
from tests.unit.entrypoints.stand import Stand


async def work(stand: Stand) -> None:
    """The queue's consumer, until the queue is empty."""
    queue = stand.world.queues["payments"]
    while messages := await queue.receive(10, 0):
        for message in messages:
            await stand.platform.dispatch(Message(message.id, message.body, message.group, "r"))
            await queue.delete(message)


@pytest.fixture
async def payment(call: Client, stand: Stand) -> str:
    """A payment of 12.50 USD whose money came."""
    identity = told(await call.pay())["id"]
    await work(stand)
    return identity


async def refund(call: Client, payment: str, body: Any, key: str = "r-1") -> Answer:
    path = f"/payments/{payment}/refunds"
    return await call("POST", path, json_body=body, idempotency_key=key)


async def test_a_refund_is_taken_on_and_shown_on_its_payment(
    call: Client, stand: Stand, payment: str
):
    body = {"amount": 500, "currency": "USD", "reason": "damaged", "note": "sorry"}
    answer = await refund(call, payment, body)
    await work(stand)

    where = urljoin(f"/payments/{payment}/refunds", answer.headers["location"])
    read = await call("GET", where)
    conforms(answer, "RefundAccepted")
    conforms(read, "Payment")
    assert (202, "accepted", payment) == (
        answer.status,
        told(answer)["status"],
        told(answer)["payment"],
    )
    (shown,) = told(read)["refunds"]
    assert ("succeeded", "5.00", "RE1") == (
        shown["status"],
        shown["amount"]["value"],
        shown["reference"],
    )
    assert "partially_refunded" == told(read)["status"]


async def test_the_same_key_and_body_is_the_same_refund(call: Client, stand: Stand, payment: str):
    first = await refund(call, payment, {})
    await work(stand)

    again = await refund(call, payment, {})

    assert told(first)["id"] == told(again)["id"]
    assert (202, "succeeded") == (again.status, told(again)["status"])
    assert 1 == len(stand.acme.sent_back)


@pytest.mark.parametrize(
    ("body", "status", "kind", "names"),
    [
        ({"amount": 1251, "currency": "USD"}, 422, "refund-too-high", "body.amount"),
        ({"amount": 500, "currency": "EUR"}, 422, "field-refused", "body.currency"),
        ({"amount": 0, "currency": "USD"}, 400, "bad-request", "body.amount"),
        ({"amount": -1, "currency": "USD"}, 400, "bad-request", "body.amount"),
        ({"amount": 12.345, "currency": "USD"}, 400, "bad-request", "body.amount"),
        ({"amount": "5.00", "currency": "USD"}, 400, "bad-request", "body.amount"),
        ({"amount": 500}, 400, "bad-request", "body"),
        ({"currency": "USD"}, 400, "bad-request", "body"),
        ({"amount": 500, "currency": "usd"}, 400, "bad-request", "body.currency"),
        ({"reason": ""}, 400, "bad-request", "body.reason"),
        ({"whole": True}, 400, "bad-request", "body"),
    ],
    ids=str,
)
async def test_bad_input_names_the_field_and_sends_nothing(
    call: Client, stand: Stand, payment: str, body: Any, status: int, kind: str, names: str
):
    answer = await refund(call, payment, body)

    assert (status, f"urn:penstock:problem:{kind}") == (answer.status, told(answer)["type"])
    assert names in {error["field"] for error in told(answer)["errors"]} or names == "body"
    conforms(answer, "Problem")
    assert not await stand.world.queues["payments"].receive(1, 0)
    assert "refunds" not in told(await call("GET", f"/payments/{payment}"))


async def test_the_same_key_with_another_body_is_422(call: Client, stand: Stand, payment: str):
    await refund(call, payment, {"amount": 500, "currency": "USD"})

    answer = await refund(call, payment, {"amount": 501, "currency": "USD"})

    assert (422, "urn:penstock:problem:key-reused") == (answer.status, told(answer)["type"])


async def test_a_payment_that_was_not_charged_yet_is_409(call: Client):
    identity = told(await call.pay())["id"]

    answer = await refund(call, identity, {})

    assert (409, "urn:penstock:problem:nothing-to-refund") == (answer.status, told(answer)["type"])
    assert "wait until it succeeded" in told(answer)["detail"]


async def test_a_payment_that_is_not_there_is_404(call: Client):
    assert 404 == (await refund(call, "pay-none", {})).status


async def test_without_a_key_nothing_is_taken(call: Client, payment: str):
    answer = await call("POST", f"/payments/{payment}/refunds", json_body={})

    assert 400 == answer.status
