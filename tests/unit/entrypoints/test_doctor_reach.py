"""`penstock doctor`: a stack's name and certificate, as a client sees them."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from penstock.entrypoints.cli.reach import certificate, domain

NOON = datetime.now(UTC)


def made(folder: Path, *, good_for: timedelta) -> Path:
    """A key and a certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    shown = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=400))
        .not_valid_after(NOON + good_for)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + shown.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("days", "trusted", "ok"),
    [(90, True, True), (20, True, False), (-1, True, False), (90, False, False)],
    ids=["good", "not renewed", "expired", "of a stranger"],
)
async def test_a_certificate_is_looked_at_as_a_client_sees_it(
    tmp_path: Path, days: int, trusted: bool, ok: bool
):
    path = made(tmp_path, good_for=timedelta(days=days))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    trust = ssl.create_default_context(cafile=str(path) if trusted else None)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=serving)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, _, todo = await certificate("localhost", port, NOON, trust)

    assert ok == (todo is None)


async def test_a_name_without_an_address_is_told_and_its_certificate_not_asked_for():
    ((check, said, todo),) = await domain("https://nowhere.invalid/", NOON)

    assert ("name", True, True) == (check, "nowhere.invalid" in said, todo is not None)
