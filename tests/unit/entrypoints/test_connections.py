"""The server's limit of connections: strangers who send slowly keep nobody out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import TextIO

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from penstock.entrypoints.http.connections import MOST, Connections, Full, room
from penstock.entrypoints.http.listener import Handle, Server, listening
from penstock.entrypoints.http.web import application
from tests.unit.entrypoints.hosts import raw
from tests.unit.entrypoints.stand import Stand
from tests.unit.entrypoints.test_listener import connect

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HALF_HEAD = b"GET /health HTTP/1.1\r\nX-Half: "
HALF_BODY = b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nsig: good\r\nContent-Length: 9\r\n\r\n{"
FEW = 8


@contextlib.asynccontextmanager
async def holding(url: str, count: int, start: bytes) -> AsyncIterator[None]:
    """So many connections, each of which has sent this much."""
    held = [await connect(url) for _ in range(count)]
    try:
        for _, writer in held:
            writer.write(start)
        await asyncio.gather(*(writer.drain() for _, writer in held), return_exceptions=True)
        yield
    finally:
        for _, writer in held:
            writer.close()


@contextlib.asynccontextmanager
async def serving(handle: Handle, most: int) -> AsyncIterator[tuple[Server, str]]:
    server = Server(handle, most=most)
    async with listening(server, "127.0.0.1", 0) as url:
        yield server, url


@pytest.mark.parametrize(
    "start", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "half a head", "half a body"]
)
async def test_more_slow_senders_than_connections_stop_no_other_request(
    stand: Stand, start: bytes
):
    """
    The time limit for a head is not reached: they are closed because others need their places.
    """
    server = application(stand.platform, most=FEW)
    async with (
        listening(server, "127.0.0.1", 0) as url,
        holding(url, 3 * FEW, start),
        asyncio.timeout(20),
    ):
        answers = [await raw(url, HEALTH) for _ in range(3)]

        assert [200, 200, 200] == [one.status for one in answers]
        assert len(server.open) <= FEW


async def test_a_request_that_is_being_answered_is_never_cut_off():
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        with server.working(request):
            begun.set()
            await go_on.wait()
        return web.Response(text="done")

    async with serving(handle, FEW) as (server, url):
        answer = asyncio.create_task(raw(url, HEALTH))
        await begun.wait()
        async with holding(url, 2 * FEW, HALF_HEAD):
            go_on.set()

            assert b"done" == (await answer).body


async def test_while_every_connection_is_answered_a_new_one_gets_a_problem():
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        with server.working(request):
            begun.release()
            await go_on.wait()
        return web.Response(text="done")

    async with serving(handle, 2) as (server, url):
        answers = [asyncio.create_task(raw(url, HEALTH)) for _ in range(2)]
        for _ in answers:
            await begun.acquire()
        with capture_logs() as logs:
            refused = await raw(url, b"")
        go_on.set()

        assert [200, 200] == [(await one).status for one in answers]
        assert 200 == (await raw(url, HEALTH)).status
    assert (503, "1") == (refused.status, refused.headers["retry-after"])
    assert "urn:penstock:problem:unavailable" == refused.json["type"]
    assert ["connection.refused"] == [one["event"] for one in logs]


async def test_an_answer_that_nobody_reads_gives_up_its_place():
    """
    A connection with an answer in its buffer cannot be closed properly, only aborted.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        large = request.path == "/large"
        return web.Response(body=b"x" * (50_000_000 if large else 1))

    async with (
        serving(handle, 2) as (server, url),
        holding(url, 6, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"),
        asyncio.timeout(20),
    ):
        assert 200 == (await raw(url, HEALTH)).status
        assert len(server.open) <= 2


def test_a_place_is_free_again_when_its_connection_ends():
    first, second, transport = asyncio.Protocol(), asyncio.Protocol(), asyncio.Transport()
    one = Connections(1)
    one.opened(first, transport)
    with one.working(first), pytest.raises(Full):
        one.opened(second, transport)
    one.closed(first)

    assert not one.opened(second, transport)
    assert 1 == len(one)


def test_half_of_the_files_of_the_process_are_for_connections():
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert min(MOST, files // 2) == room()


@pytest.mark.slow
def test_150_half_heads_do_not_stop_the_health_of_a_process_with_128_files():
    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

    command = [sys.executable, "-m", "penstock.entrypoints.cli", "serve", "--memory", "--port=0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        command, preexec_fn=few_files, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = _port(server.stdout)
        held = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(150)]
        for one in held:
            one.sendall(HALF_HEAD)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as asked:
            asked.sendall(HEALTH)
            answer = asked.recv(100)
        server.terminate()
        logged = server.stdout.read()
        for one in held:
            one.close()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert 0 == server.returncode
    closed = [line for line in logged.splitlines() if "connection.closed" in line]
    assert 0 < len(closed) < 30
    assert json.loads(closed[0])["because"]


def _port(out: TextIO) -> int:
    address = next(line for line in out if "serving on" in line).split()[3]
    return int(address.rpartition(":")[2])
