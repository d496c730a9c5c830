"""Requests of ours: what is an answer, and what was not sent."""

from __future__ import annotations

import asyncio
import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from penstock.api import HttpNotSent
from tests.adapters.http_client import closed_url, http
from tests.adapters.wire import answer, says, wire

__all__ = ["closed_url", "http"]


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
    "url",
    [
        "http://nobody.invalid/",
        "http://",
        "ftp://127.0.0.1/",
        "nonsense",
        "http://[::1/",
        "//nobody.invalid/",
        "http://nobody..invalid/",
        f"http://{'a' * 64}.invalid/",
        "http://nobody.invalid:99999/",
        "http://xn--\xff.invalid/",
        "file:///etc/passwd",
    ],
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
