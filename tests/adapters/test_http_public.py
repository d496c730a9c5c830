"""HTTP to public addresses only: what is connected to is what was checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver

from penstock.adapters.http import AiohttpHttp
from penstock.api import HttpForbidden, HttpNotSent, HttpUnanswered
from penstock.api.addresses import is_public
from tests.adapters.wire import Wire, answer, says, wire

ALLOWED, FORBIDDEN = "127.0.0.1", "127.0.0.2"
"""Two loopback addresses, of which a test lets the first stand for a public one."""


class Answers(AbstractResolver):
    """A name server that answers with other addresses each time."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> Any:
        self.asked += 1
        found = self._answers.pop(0)
        return [
            {
                "hostname": host,
                "host": one,
                "port": port,
                "family": socket.AF_INET6 if ":" in one else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for one in found.split()
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def listener() -> AsyncIterator[Wire]:
    async with wire(says(answer("200 OK"))) as it:
        yield it


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "017700000001",
        "0x7f000001",
        "0",
        "127.0.0.1.",
        "localhost.",
        "user:pass@127.0.0.1",
        "8.8.8.8@127.0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "\u24dbocalhost",
        "[::1]",
        "[::]",
        "[::1%25lo]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1%25lo]",
        "0.0.0.0",  # noqa: S104 - refused
    ],
)
async def test_no_form_of_a_loopback_address_is_connected_to(listener: Wire, host: str):
    http = AiohttpHttp(5, allows=is_public)
    port = listener.url.rpartition(":")[2]

    with pytest.raises(HttpNotSent):
        await http.request("POST", f"http://{host}:{port}/hook", body=b"{}")

    assert 0 == listener.connections
    await http.aclose()


@pytest.mark.parametrize(
    "answered",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fe80::1",
        "fec0::1",
        "0.0.0.0",  # noqa: S104 - refused
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "ff02::1",
        "127.0.0.1 10.0.0.1 ::1",
    ],
)
async def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_connected_to(
    listener: Wire, answered: str
):
    http = AiohttpHttp(5, allows=is_public, resolver=Answers(answered))
    port = listener.url.rpartition(":")[2]

    with pytest.raises(HttpForbidden, match="not public"):
        await http.request("POST", f"http://hooks.example.com:{port}/", body=b"{}")

    assert 0 == listener.connections
    await http.aclose()


async def test_a_name_that_leads_elsewhere_at_the_second_look_is_refused_then():
    """
    DNS rebinding: the first answer passes the check, the second one is checked again.
    """

    async def hang_up_after(it: Wire, writer: asyncio.StreamWriter) -> None:
        await says(answer("200 OK", "Connection: close"))(it, writer)
        writer.close()

    names = Answers(ALLOWED, FORBIDDEN, f"{FORBIDDEN} {ALLOWED}")
    async with wire(hang_up_after) as it:
        http = AiohttpHttp(5, allows=lambda address: address == ALLOWED, resolver=names)
        url = f"http://hooks.example.com:{it.url.rpartition(':')[2]}/"

        assert 200 == (await http.request("POST", url, body=b"{}")).status
        with pytest.raises(HttpForbidden):
            await http.request("POST", url, body=b"{}")
        assert (2, 1) == (names.asked, it.connections)
        # Of several addresses only those that are allowed are tried.
        assert 200 == (await http.request("POST", url, body=b"{}")).status
        await http.aclose()


async def test_a_proxy_of_the_environment_does_not_get_past_the_check(
    listener: Wire, monkeypatch: pytest.MonkeyPatch
):
    """A proxy would connect to the address for us, and nobody would have looked at it."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, listener.url)
    http = AiohttpHttp(5, allows=is_public)

    for url in ("http://10.0.0.1/", "http://localhost:1/", "https://169.254.169.254/"):
        with pytest.raises(HttpForbidden):
            await http.request("POST", url, body=b"{}")
    assert 0 == listener.connections
    await http.aclose()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_this_machine_is_an_answer_and_is_not_followed(
    listener: Wire, status: int
):
    async with wire(says(answer(f"{status} Moved", f"Location: {listener.url}/"))) as it:
        http = AiohttpHttp(5, allows=lambda _: True)

        assert status == (await http.request("POST", it.url, body=b"{}")).status
        assert 0 == listener.connections
        await http.aclose()


async def test_a_connection_to_an_allowed_address_that_ends_is_unanswered():
    async def hang_up(it: Wire, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with wire(hang_up) as it:
        http = AiohttpHttp(5, allows=lambda _: True)

        with pytest.raises(HttpUnanswered):
            await http.request("POST", it.url, body=b"{}")
        await http.aclose()
