"""Outgoing HTTP: an answer, or which of the two ways there is none."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import socket
import ssl
import traceback

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from penstock.adapters.http import AiohttpHttp
from penstock.api import HttpNotSent, HttpUnanswered
from tests.adapters.wire import answer, hangs_up, says, wire


@pytest.fixture
async def http():
    http = AiohttpHttp(timeout=5)
    yield http
    await http.aclose()


@pytest.fixture
def closed_url() -> str:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unheard.getsockname()[1]}"


async def test_any_status_is_an_answer(http):
    """
    A 500 with a body is an answer like a 200; header names are lower-case, repeated ones joined.
    """
    said = answer("500 Broken", "X-One: a", "X-ONE: b", body=b"\xff\x00")
    async with wire(says(said)) as it:
        response = await http.request("POST", f"{it.url}/charges", body=b"{}")

    assert (500, b"\xff\x00") == (response.status, response.body)
    assert "a, b" == response.headers["x-one"]


async def test_a_redirect_is_an_answer_too(http):
    """
    Nobody is sent elsewhere: a redirect is handed back, and nothing else is requested.
    """
    async with wire(says(answer("302 Found", "Location: /elsewhere"))) as it:
        response = await http.request("GET", it.url)

        assert (302, "/elsewhere") == (response.status, response.headers["location"])
        assert 1 == len(it.requests)


async def test_cookies_are_forgotten(http):
    """
    What one answer sets, no later request carries.
    """
    async with wire(says(answer("200 OK", "Set-Cookie: session=1; Path=/"))) as it:
        # By name: no cookie jar keeps what an address of digits sets.
        url = it.url.replace("127.0.0.1", "localhost")
        await http.request("GET", url)
        await http.request("GET", url)

        assert 2 == len(it.requests)
        assert b"cookie" not in b"".join(it.requests).lower()


async def test_the_environment_s_proxy_is_not_used(http, closed_url, monkeypatch):
    """
    A proxy variable that happens to be set takes no payment's data anywhere.
    """
    monkeypatch.setenv("HTTP_PROXY", closed_url)
    monkeypatch.setenv("http_proxy", closed_url)
    async with wire(says(answer("200 OK"))) as it:
        response = await http.request("GET", it.url)

    assert 200 == response.status


async def test_a_refused_connection_was_not_sent(http, closed_url):
    """
    Nobody listens: the request certainly did not arrive.
    """
    with pytest.raises(HttpNotSent):
        await http.request("POST", closed_url, body=b"{}")


@pytest.mark.parametrize(
    "url", ["http://nobody.invalid/", "http://", "ftp://127.0.0.1/", "nonsense", "http://[::1/"]
)
async def test_an_address_that_is_none_was_not_sent(http, url):
    """
    An unknown name or a malformed address: nothing was sent.
    """
    with pytest.raises(HttpNotSent):
        await http.request("GET", url)


async def test_an_untrusted_certificate_was_not_sent(http, tmp_path):
    """
    TLS is verified before a byte of the request leaves.
    """
    async with wire(says(answer("200 OK")), tls=_self_signed(tmp_path)) as it:
        with pytest.raises(HttpNotSent):
            await http.request("POST", it.url, body=b"{}")

        assert [] == it.requests


async def test_a_handshake_that_never_ends_was_not_sent(http):
    """
    Connected, but TLS hangs: the time runs out before the request could leave.
    """
    async with wire(says(b"")) as it:
        with pytest.raises(HttpNotSent):
            await http.request("GET", it.url.replace("http:", "https:"), timeout=0.2)


async def test_a_handshake_that_is_cut_off_was_not_sent(http):
    """
    The other side hangs up during TLS: nothing was sent.
    """

    async def hang_up(reader, writer):
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(HttpNotSent):
            await http.request("GET", f"https://127.0.0.1:{port}")


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
            await http.request("POST", it.url, body=b"{}", timeout=0.2)


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


def _self_signed(folder) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
