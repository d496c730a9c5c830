"""Requests of ours whose answer does not come whole."""

from __future__ import annotations

import asyncio
import gzip
import traceback

import pytest

from penstock.api import HttpNotSent, HttpUnanswered
from tests.adapters.http_client import closed_url, http
from tests.adapters.wire import answer, hangs_up, says, wire

__all__ = ["closed_url", "http"]


async def test_a_connection_that_ends_is_unanswered(http):
    """
    The request arrived and the answer did not: it may have been done.
    """
    async with wire(hangs_up) as it:
        with pytest.raises(HttpUnanswered):
            await http.request("POST", it.url, body=b"{}")

        assert 1 == len(it.requests)


async def test_a_late_answer_is_unanswered(http):
    """
    The time limit ends the wait, and what was sent stays sent.
    """
    async with wire(says(b"")) as it:
        with pytest.raises(HttpUnanswered):
            # Enough for a busy machine to send it.
            await http.request("POST", it.url, body=b"{}", timeout=1)


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        answer("200 OK", body=b"half", length=100),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        answer("200 OK", "Content-Encoding: gzip", body=b"no gzip"),
    ],
    ids=["nonsense", "cut off", "bad chunk", "bad gzip"],
)
async def test_half_an_answer_is_unanswered(http, said):
    """
    An answer that cannot be read to its end is none.
    """

    async def talk(it, writer):
        await says(said)(it, writer)
        writer.close()

    async with wire(talk) as it:
        with pytest.raises(HttpUnanswered):
            await http.request("POST", it.url, body=b"{}")


async def test_a_repeated_get_that_cannot_connect_is_unanswered(http):
    """
    aiohttp repeats a GET on a stale connection: its second try says nothing of the first.
    """

    async def first_answer_then_die(it, writer):
        if len(it.requests) == 1:
            await says(answer("200 OK"))(it, writer)
        else:
            it.server.close()
            writer.close()

    async with wire(first_answer_then_die) as it:
        await http.request("GET", it.url)
        with pytest.raises(HttpUnanswered):
            await http.request("GET", it.url)

        assert 2 == len(it.requests)


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
async def test_the_size_limit_is_to_the_byte(http, size, fits):
    """
    An answer as long as the limit is taken whole, a longer one not at all.
    """
    async with wire(says(answer("200 OK", body=b"x" * size))) as it:
        if fits:
            assert size == len((await http.request("GET", it.url, limit=1000)).body)
        else:
            with pytest.raises(HttpUnanswered, match="longer than 1000"):
                await http.request("GET", it.url, limit=1000)


async def test_the_size_limit_counts_what_was_unpacked(http):
    """
    A small answer that unpacks to a large one is a large one.
    """
    bomb = gzip.compress(b"\0" * 10_000_000)
    async with wire(says(answer("200 OK", "Content-Encoding: gzip", body=bomb))) as it:
        with pytest.raises(HttpUnanswered):
            await http.request("GET", it.url, limit=100_000)


@pytest.mark.parametrize("talk", [hangs_up, says(b"nonsense\r\n\r\n")])
async def test_the_address_s_secret_is_not_told(http, closed_url, talk):
    """
    Slack's address is a secret: neither the error nor its causes hold its path.
    """
    async with wire(talk) as it:
        for url in (it.url, closed_url):
            with pytest.raises((HttpNotSent, HttpUnanswered)) as failure:
                await http.request("POST", f"{url}/s3cr3t?s3cr3t", body=b"{}", timeout=1)

            assert "s3cr3t" not in repr(failure.value)
            told = traceback.format_exception(failure.value)
            assert "s3cr3t" not in "".join(line for line in told if "url" not in line)


async def test_connections_are_kept(http):
    """
    A second request to the same place goes over the first one's connection.
    """
    async with wire(says(answer("200 OK", body=b"whole"))) as it:
        await http.request("POST", it.url, body=b"")
        await http.request("POST", it.url, body=b"")

        assert (2, 1) == (len(it.requests), it.connections)


async def test_it_can_be_used_again_after_closing(http):
    """
    Closing gives back connections and ends nothing for good.
    """
    async with wire(says(answer("200 OK"))) as it:
        await http.request("GET", it.url)
        await http.aclose()

        assert 200 == (await http.request("GET", it.url)).status


async def test_a_cancelled_request_is_cancelled(http):
    """
    Cancelling is not an outcome of the request.
    """
    arrived = asyncio.Event()

    async def keep_silent(it, writer):
        arrived.set()

    async with wire(keep_silent) as it:
        request = asyncio.create_task(http.request("GET", it.url))
        await arrived.wait()
        request.cancel()

        with pytest.raises(asyncio.CancelledError):
            await request
