"""The stand-in for the Example gateway charges once per key, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from penstock_example.simulator import build

Client = TestClient[Any, Any]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build(tmp_path).app)) as client:
        yield client


async def charge(
    client: Client, id: str = "op-1", **order: Any
) -> tuple[int, dict[str, Any], str | None]:
    body = {"id": id, "payment_id": "pay-1", "amount": 1250, "currency": "USD", **order}
    async with client.post("/charges", json=body, headers={"Idempotency-Key": id}) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After")


async def get(client: Client, path: str) -> tuple[int, Any]:
    async with client.get(path) as answer:
        return answer.status, await answer.json()


async def test_one_key_is_one_charge_with_one_answer(client: Client):
    first, again = await charge(client), await charge(client)

    assert 201 == first[0]
    assert first == again
    assert (200, [first[1]]) == await get(client, "/_simulator/charges")


async def test_another_body_under_the_same_key_is_refused(client: Client):
    _, first, _ = await charge(client)

    assert (422, {"code": "key_reused"}, None) == await charge(client, amount=1)
    assert (200, [first]) == await get(client, "/_simulator/charges")


async def test_a_charge_is_found_by_its_operation(client: Client):
    _, made, _ = await charge(client)

    assert (200, made) == await get(client, "/charges/op-1")
    assert (404, {"code": "not_found"}) == await get(client, "/charges/op-2")


@pytest.mark.parametrize(
    ("wish", "status"), [("decline", 402), ("conflict", 409), ("invalid", 422)]
)
async def test_a_decline_is_final(client: Client, wish: str, status: int):
    first, again = await charge(client, reference=wish), await charge(client, reference=wish)

    assert status == first[0]
    assert first == again
    assert "declined" == (await get(client, "/charges/op-1"))[1]["status"]


@pytest.mark.parametrize(("wish", "status"), [("critical", 500), ("refuse", 400)])
async def test_what_breaks_breaks_every_time_and_holds_nothing(
    client: Client, wish: str, status: int
):
    answers = [(await charge(client, reference=wish))[0] for _ in range(2)]

    assert [status] * 2 == answers
    assert (200, []) == await get(client, "/_simulator/charges")


@pytest.mark.parametrize(("wish", "status"), [("busy", 503), ("throttle", 429)])
async def test_what_says_later_takes_it_later(client: Client, wish: str, status: int):
    first, again = await charge(client, reference=wish), await charge(client, reference=wish)

    assert (status, "1") == (first[0], first[2])
    assert 201 == again[0]


async def test_a_lost_answer_is_a_charge_all_the_same(client: Client):
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await charge(client, reference="lost")

    assert "succeeded" == (await get(client, "/charges/op-1"))[1]["status"]
    assert 201 == (await charge(client, reference="lost"))[0]
    assert 1 == len((await get(client, "/_simulator/charges"))[1])


async def test_a_bad_gateway_may_have_charged(client: Client):
    assert 502 == (await charge(client, reference="badgateway"))[0]
    assert "succeeded" == (await get(client, "/charges/op-1"))[1]["status"]


async def test_what_is_pending_is_decided_by_the_time_it_is_asked_about(client: Client):
    assert "pending" == (await charge(client, reference="pending"))[1]["status"]
    assert "succeeded" == (await get(client, "/charges/op-1"))[1]["status"]


@pytest.mark.parametrize(
    "order",
    [{"amount": 0}, {"amount": "12.50"}, {"amount": True}, {"currency": None}, {"id": "another"}],
)
async def test_a_charge_that_is_none_is_refused(client: Client, order: dict[str, Any]):
    body = {"id": "op-1", "amount": 1250, "currency": "USD", **order}
    async with client.post("/charges", json=body, headers={"Idempotency-Key": "op-1"}) as answer:
        assert 400 == answer.status


async def test_faults_may_be_added_to_it(client: Client):
    async with client.post("/_simulator/faults", json=[{"path": "/charges", "status": 504}]):
        pass

    async with client.post("/charges") as answer:
        assert 504 == answer.status


def test_it_tells_the_platform_where_it_is(tmp_path: Path):
    described = build(tmp_path).describe("http://127.0.0.1:4600/")

    assert {"request_uri": "http://127.0.0.1:4600/charges"} == described.settings
    assert (["signing_key"], {}) == ([*described.secret], described.profile)


async def test_the_checkouts_it_holds_are_listed_without_their_addresses(client: Client):
    asked = dict.fromkeys(("return_url", "cancel_url", "notify_url"), "http://127.0.0.1/")
    body = {"id": "op-1", "payment": "pay-1", "minor": 1250, "currency": "USD", **asked}
    async with client.post("/checkouts", json=body, headers={"Idempotency-Key": "op-1"}) as made:
        opened = await made.json()

    shown = {"id": opened["id"], "payment": "pay-1", "status": "open"}
    assert (200, [shown]) == await get(client, "/_simulator/checkouts")


async def test_a_checkout_that_was_shown_as_closed_cannot_be_captured(client: Client):
    asked = dict.fromkeys(("return_url", "cancel_url", "notify_url"), "http://127.0.0.1/")
    body = {"id": "op-1", "payment": "pay-1", "minor": 1250, "currency": "USD", **asked}
    async with client.post("/checkouts", json=body, headers={"Idempotency-Key": "op-1"}) as made:
        opened = await made.json()
    await client.post(
        urlsplit(opened["approval_url"]).path, data={"decision": "approve"}, allow_redirects=False
    )
    await client.post("/_simulator/clock", json={"advance": 3700})
    shown = await get(client, f"/checkouts/{opened['id']}")

    late = await client.post(f"/checkouts/{opened['id']}/capture", json={"id": "op-2"})

    assert "closed" == shown[1]["status"]
    assert 410 == late.status
    assert shown == await get(client, f"/checkouts/{opened['id']}")
