"""Adapters under test: the emulator's AWS, and moto's."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from moto import mock_aws

from local.emulator import REGION, Emulator
from penstock.adapters.aws.clients import Clients
from penstock_paypal.simulator.authority import Authority, pem
from tests.adapters.bench import Bench, PointedSession
from tests.aws_models import read_once

read_once()

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def clients(emulator: Emulator) -> Iterator[Clients]:
    """Clients of the emulator."""
    clients = Clients(calls=20, polls=4, session=PointedSession(emulator.url, REGION))
    yield clients
    clients.close()


@pytest.fixture
def bench(clients: Clients) -> Bench:
    """An account on the emulator; what is made in it has names of its own in each test."""
    return Bench(clients, next(_NUMBERS))


@pytest.fixture
def moto_bench() -> Iterator[Bench]:
    """An empty account in this process, good for one client at a time."""
    with mock_aws():
        clients = Clients(
            calls=4, polls=1, session=boto3.Session("test", "test", region_name=REGION)
        )
        yield Bench(clients, next(_NUMBERS))
        clients.close()


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for `localhost`, and the file with the root it hangs on."""
    now = datetime.now(UTC)
    authority, key = Authority.make(now), ec.generate_private_key(ec.SECP256R1())
    leaf = authority.issue("localhost", key.public_key(), now, now + timedelta(days=1))
    chain, root = tmp_path / "chain.pem", tmp_path / "root.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(secret + pem(leaf) + pem(authority.intermediate))
    root.write_bytes(pem(authority.root))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, root
