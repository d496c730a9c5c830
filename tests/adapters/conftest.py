"""Adapters under test: the emulator's AWS, and moto's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from local.emulator import REGION, Emulator
from penstock.adapters.aws import Clients
from tests.adapters.bench import Bench, PointedSession

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
