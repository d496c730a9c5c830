"""The simulated Example gateway sells plans to a person with a browser, and says what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from penstock_example.notifying import signature
from penstock_example.simulator import ExampleSimulator, build

Client = TestClient[Any, Any]
NOWHERE = "https://penstock.test/webhooks/example"


@pytest.fixture
def simulator(tmp_path: Path) -> ExampleSimulator:
    return build(tmp_path)


@pytest.fixture
async def client(simulator: ExampleSimulator) -> AsyncIterator[Client]:
    async with TestClient(TestServer(simulator.app)) as client:
        yield client


def request(key: str = "op-1", **rest: Any) -> dict[str, Any]:
    return {
        "id": key,
        "plan": "plan-trial",
        "reference": "order-7",
        "subscriber": {"name": "Ada Lovelace", "email": "ada@example.test"},
        "return_url": "https://shop.test/back?a=1",
        "cancel_url": "https://shop.test/cancel",
        "notify_url": NOWHERE,
        "brand": "<The Shop>",
        **rest,
    }


async def post(client: Client, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    async with client.post(path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def opened(client: Client, **rest: Any) -> dict[str, Any]:
    status, made = await post(client, "/subscriptions", request(**rest), "op-1")
    assert 201 == status
    return made


def page_of(made: dict[str, Any]) -> str:
    return urlsplit(made["approval_url"]).path


async def test_the_page_shows_what_is_approved_and_nobody(client: Client):
    made = await opened(client)

    async with client.get(page_of(made)) as answer:
        page = await answer.text()

    assert 200 == answer.status
    assert "no-store" == answer.headers["Cache-Control"]
    assert "&lt;The Shop&gt;" in page
    assert "7 days, free" in page
    assert "15.00 USD every month" in page
    assert "Lovelace" not in page
    assert "ada@example.test" not in page


async def test_the_buyer_is_sent_back_and_the_address_is_good_once(client: Client):
    made = await opened(client)
    approve = {"decision": "approve"}

    async with client.post(page_of(made), data=approve, allow_redirects=False) as first:
        pass
    async with client.post(page_of(made), data=approve) as second:
        pass

    location = f"https://shop.test/back?a=1&subscription_id={made['id']}"
    assert (303, location) == (first.status, first.headers["Location"])
    assert 404 == second.status


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"plan": "plan-old"}, "plan"),
        ({"plan": None}, "plan"),
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 128}, "reference"),
        ({"subscriber": {"name": "Ada"}}, "subscriber.email"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        ({"cancel_url": 7}, "cancel_url"),
    ],
)
async def test_what_it_does_not_take_is_named(client: Client, wrong: dict[str, Any], field: str):
    answer = await post(client, "/subscriptions", request(**wrong), "op-1")

    assert (422, {"code": "invalid", "field": field}) == answer


async def test_another_body_under_the_same_key_is_refused(client: Client):
    await opened(client)

    assert (422, {"code": "key_reused"}) == await post(
        client, "/subscriptions", request(reference="order-8"), "op-1"
    )


async def test_no_notification_has_the_approval_address(client: Client):
    made = await opened(client)

    async with client.get("/_simulator/notifications") as answer:
        (told,) = await answer.json()

    assert "subscription.created" == told["type"]
    assert made["approval_url"].rpartition("/")[2] not in told["body"]


async def test_notifications_are_posted_here_signed_until_they_are_taken(
    client: Client, simulator: ExampleSimulator
):
    received: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue()
    answers = [503, 202]

    async def receive(request: web.Request) -> web.Response:
        await received.put((await request.read(), request.headers["Example-Signature"]))
        return web.Response(status=answers.pop(0))

    app = web.Application()
    app.router.add_post("/webhooks/example", receive)
    async with TestServer(app) as platform:
        await opened(client, notify_url=str(platform.make_url("/webhooks/example")))
        first, again = [await asyncio.wait_for(received.get(), 10) for _ in range(2)]

    assert first == again
    assert signature(first[0], simulator.key) == first[1]
    assert "subscription.created" == json.loads(first[0])["type"]


@pytest.mark.parametrize("order", [{}, {"advance": "soon"}, {"to": "soon"}, {"to": "2026-01-01"}])
async def test_a_clock_that_cannot_be_set_so_says_it(client: Client, order: dict[str, Any]):
    assert (400, {"code": "malformed"}) == await post(client, "/_simulator/clock", order)


async def test_a_payment_that_another_one_held_up_is_dated_when_it_is_taken(client: Client):
    """Its period began while the one before was owed: no notification comes from the past."""
    made = await opened(client, plan="plan-monthly")
    subscription = f"/subscriptions/{made['id']}"
    await post(client, f"/_simulator{subscription}", {"fails": True})
    await client.post(page_of(made), data={"decision": "approve"}, allow_redirects=False)
    where = dict.fromkeys(("return_url", "cancel_url"), "http://127.0.0.1/")
    _, asked = await post(
        client, f"{subscription}/revise", {"plan": "plan-trial", **where}, "op-2"
    )
    await client.post(page_of(asked), data={"decision": "approve"}, allow_redirects=False)
    await post(client, "/_simulator/clock", {"advance": 6 * 86400})
    await post(client, f"/_simulator{subscription}", {"fails": False})

    await post(client, "/_simulator/clock", {"advance": 6 * 86400})

    async with client.get("/_simulator/notifications") as answer:
        told = [json.loads(one["body"]) for one in await answer.json()]
    paid = [one for one in told if one["type"] == "payment.succeeded"]
    assert 2 == len(paid)
    assert sorted(one["created_at"] for one in told) == [one["created_at"] for one in told]
