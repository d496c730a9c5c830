"""The sockets of `penstock serve`: time limits, and problems for what is no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from penstock.entrypoints.http.listener import HEAD_SECONDS, listening
from penstock.entrypoints.http.problem import MEDIA
from penstock.entrypoints.http.web import BODY_SECONDS, application
from tests.unit.entrypoints.hosts import everything, raw
from tests.unit.entrypoints.stand import Stand

SHORT = 0.3
HALF = b"POST /payments HTTP/1.1\r\nHost: x\r\nX-Half: "
SECRET = b"hunter2"


@pytest.fixture
async def url(stand: Stand) -> AsyncIterator[str]:
    async with listening(application(stand.platform, SHORT), "127.0.0.1", 0) as address:
        yield address


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


async def connect_and_say(
    url: str, start: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """At once: on a connection that the server has closed already, writing is an error."""
    reader, writer = await connect(url)
    writer.write(start)
    return reader, writer


@pytest.mark.parametrize("start", [b"", HALF[:3], HALF], ids=["nothing", "a word", "half a head"])
async def test_connections_without_a_whole_request_head_are_closed(url: str, start: bytes):
    """
    150 connections with half a head: each is closed, and the server still answers meanwhile.
    """
    held = [await connect_and_say(url, start) for _ in range(150)]
    answered = await raw(url, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    async with asyncio.timeout(20):
        ends = [await reader.read() for reader, _ in held]

    assert 200 == answered.status
    assert [b""] * 150 == ends
    for _, writer in held:
        writer.close()


async def test_a_head_that_comes_byte_by_byte_is_cut_off_too(url: str):
    reader, writer = await connect(url)
    writer.write(HALF)

    async def drip() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(SHORT / 10)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(20):
        assert b"" == await everything(reader)
    dripping.cancel()
    writer.close()


async def test_a_name_with_several_addresses_is_served_on_one_port(stand: Stand):
    async with listening(application(stand.platform), "localhost", 0) as address:
        answered = await raw(
            address, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )

    assert 200 == answered.status


async def test_half_a_head_after_an_answer_is_cut_off_too(url: str):
    reader, writer = await connect(url)
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + HALF)

    async with asyncio.timeout(20):
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 200 ")
    writer.close()


def test_head_and_body_have_the_same_limit():
    assert HEAD_SECONDS == BODY_SECONDS


@pytest.mark.parametrize(
    "request_bytes",
    [
        SECRET + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX: \x00" + SECRET + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nBad Name" + SECRET + b": 1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + SECRET * 5000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: " + SECRET + b"\r\n\r\n",
        b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nsig: good\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + SECRET + b"\r\n",
    ],
    ids=["no request", "NUL in a value", "blank in a name", "too long", "no length", "no chunk"],
)
async def test_what_is_no_http_is_a_problem_and_is_not_logged(url: str, request_bytes: bytes):
    with capture_logs() as logs:
        answered = await raw(url, request_bytes)

    assert (400, MEDIA) == (answered.status, answered.media)
    assert answered.json["type"].startswith("urn:penstock:problem:")
    assert SECRET.decode() not in answered.body.decode() + repr(logs)


async def test_a_content_type_that_occurs_twice_is_named(url: str):
    answered = await raw(
        url,
        b"POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n",
    )

    assert "header.Content-Type" == answered.json["errors"][0]["field"]


async def test_a_client_that_expects_to_be_asked_for_its_body_is_asked(url: str):
    """
    RFC 9110, 10.1.1: it may wait for ever. One whose body is too long is not asked.
    """
    head = b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nsig: good\r\nExpect: 100-Continue\r\n"
    reader, writer = await connect(url)
    async with asyncio.timeout(20):
        writer.write(head + b"Connection: close\r\nContent-Length: 9\r\n\r\n")
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(b'{"id": 1}')
        answer = await reader.read()
        refused = await raw(url, head + b"Content-Length: 9999\r\n\r\n")
    writer.close()

    assert b"HTTP/1.1 100 Continue\r\n\r\n" == asked
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert 413 == refused.status


@pytest.mark.parametrize(
    "asked", [b"Content-Length: 2", b"Content-Length: 99999999999", b"Transfer-Encoding: chunked"]
)
async def test_a_stranger_is_refused_by_the_head_alone(url: str, asked: bytes):
    """
    Its body is neither waited for nor asked for, and the connection ends with the answer.
    """
    head = b"POST /payments HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
    async with asyncio.timeout(20):
        refused = await raw(url, head + asked + b"\r\n\r\n")

    assert (401, MEDIA) == (refused.status, refused.media)
    assert "close" == refused.headers["connection"].lower()


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"gzip,chunked", b"deflate, chunked"])
async def test_a_body_in_a_transfer_coding_that_is_not_undone_is_refused(url: str, coding: bytes):
    answered = await raw(
        url,
        b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nsig: good\r\nTransfer-Encoding: "
        + coding
        + b"\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    )

    assert (400, MEDIA) == (answered.status, answered.media)
    assert "urn:penstock:problem:body-refused" == answered.json["type"]


@pytest.mark.parametrize(
    "start",
    [
        b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n",
        b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Transfer-Encoding: chunked\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX: 1\r\n hunter2\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: hunter2\r\n" * 200,
        b"GET /" + SECRET * 2000 + b" HTTP/1.1\r\nHost: x\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nAuthorization Bearer hunter2\r\n",
        "GET /hünter2 HTTP/1.1\r\nHost: x\r\n".encode(),
        b"BREW /health HTTP/1.1\r\nHost: hunter2\r\n",
        b"GET /health HTTP/1.1\r\nX-Key: hunter2\r\n",
    ],
    ids=[
        "two lengths",
        "a length and chunks",
        "a folded field",
        "too many fields",
        "too long a path",
        "no colon",
        "no ASCII in the path",
        "no such method",
        "no host",
    ],
)
async def test_a_bad_request_head_is_a_problem_that_repeats_nothing(url: str, start: bytes):
    with capture_logs() as logs:
        answered = await raw(url, start + b"\r\n{}")

    assert (400, MEDIA) == (answered.status, answered.media)
    assert "hunter2" not in answered.body.decode() + repr(answered.headers) + repr(logs)
