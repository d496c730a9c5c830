"""What `with_faults` gives every simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from penstock.testing.simulator import with_faults


class Counting:
    """An application that counts what it did."""

    def __init__(self) -> None:
        self.done = 0
        self.began = asyncio.Event()
        self.app = web.Application()
        self.app.router.add_post("/charges", self.charge)

    async def charge(self, _: web.Request) -> web.Response:
        self.done += 1
        self.began.set()
        return web.json_response({"done": self.done}, status=201)


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
async def client(counting: Counting) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(with_faults(counting.app))) as client:
        yield client


async def add(client: TestClient[Any, Any], *faults: dict[str, Any]) -> None:
    async with client.post("/_simulator/faults", json=list(faults)) as answer:
        assert 200 == answer.status


async def test_without_faults_the_provider_answers(client, counting):
    async with client.post("/charges") as answer:
        assert (201, {"done": 1}) == (answer.status, await answer.json())


async def test_a_fault_answers_instead_of_the_provider_as_often_as_it_says(client, counting):
    await add(
        client,
        {
            "method": "POST",
            "path": "^/charges$",
            "status": 429,
            "headers": {"Retry-After": "7"},
            "body": {"name": "later"},
            "times": 2,
        },
    )

    seen = []
    for _ in range(3):
        async with client.post("/charges") as answer:
            seen.append((answer.status, answer.headers.get("Retry-After"), await answer.json()))

    assert [(429, "7", {"name": "later"})] * 2 + [(201, None, {"done": 1})] == seen
    assert 1 == counting.done


async def test_a_dropped_request_has_no_answer_and_no_effect(client, counting):
    await add(client, {"path": "/charges", "drop": True, "times": 1})

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post("/charges")

    assert 0 == counting.done


async def test_after_loses_the_answer_but_not_the_deed(client, counting):
    await add(client, {"path": "/charges", "drop": True, "after": True, "times": 1})

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post("/charges")

    assert 1 == counting.done


async def test_a_delayed_answer_is_the_real_one(client, counting):
    await add(client, {"path": "/charges", "delay": 0.05})

    async with client.post("/charges") as answer:
        assert 201 == answer.status


async def test_clearing_ends_a_delay_under_way(client, counting):
    await add(client, {"path": "/charges", "delay": 3600, "after": True})
    waiting = asyncio.create_task(client.post("/charges"))
    await counting.began.wait()

    async with client.delete("/_simulator/faults") as answer:
        assert 204 == answer.status
    async with asyncio.timeout(60), await waiting as answer:
        assert {"done": 1} == await answer.json()


async def test_requests_are_listed_without_their_contents(client):
    await add(client, {"path": "/charges", "drop": True, "times": 1})
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post("/charges", data=b"private")
    async with client.post("/charges?query=private", data=b"private"):
        pass
    async with client.get("/nowhere"):
        pass

    async with client.get("/_simulator/requests") as answer:
        listed = await answer.json()

    assert [
        {"method": "POST", "path": "/charges", "status": None},
        {"method": "POST", "path": "/charges", "status": 201},
        {"method": "GET", "path": "/nowhere", "status": 404},
    ] == listed


@pytest.mark.parametrize(
    "faults",
    [
        b"no json",
        b'{"path": "/"}',
        b'[{"status": 500}]',
        b'[{"path": "("}]',
        b'[{"path": "/", "times": 0}]',
        b'[{"path": "/", "staus": 500}]',
    ],
)
async def test_a_fault_that_says_nothing_sensible_is_refused(client, faults):
    async with client.post("/_simulator/faults", data=faults) as answer:
        assert 400 == answer.status
