"""What tests of the PostgreSQL sink may ask for; what asks for `server` is marked `postgres`."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import asyncpg
import pytest

from penstock.testing.context import FixedSecrets, context
from penstock_postgres.schema import MIGRATIONS, Migration
from penstock_postgres.settings import PostgresSettings
from penstock_postgres.sink import PostgresSink
from tests.plugins.postgres.server import PASSWORD, SUPERUSER, NoServer, Server, running

_NUMBERS = itertools.count(1)
Make = Callable[..., PostgresSink]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for the whole run."""
    try:
        with running() as server:
            yield server
    except NoServer as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture
def schema() -> str:
    """The name of a schema that no other test has."""
    return f"test_{next(_NUMBERS)}"


@pytest.fixture
async def database(server: Server) -> AsyncIterator[Any]:
    """A connection of the superuser's."""
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=server.port,
        user=SUPERUSER,
        password=PASSWORD,
        database="postgres",
        ssl=False,
    )
    yield connection
    await connection.close()


@pytest.fixture
async def make(server: Server, schema: str) -> AsyncIterator[Make]:
    """Makes sinks that write into this test's schema, and closes them."""
    made: list[PostgresSink] = []

    def one(
        secrets: Any = None, steps: Sequence[Migration] = MIGRATIONS, **settings: Any
    ) -> PostgresSink:
        given = server.settings(schema_name=schema, **settings)
        sink = PostgresSink(
            context(
                PostgresSettings(**given),
                secrets=secrets or FixedSecrets({"password": PASSWORD}),
            ),
            steps,
        )
        made.append(sink)
        return sink

    yield one
    for sink in made:
        await sink.close()
