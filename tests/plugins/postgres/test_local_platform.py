"""The local platform writes into a real database, from functions and from `penstock serve`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from local.platform import Platform, platform, settings
from local.server import serve
from local.tokens import create_token
from local.workspace import Workspace
from tests.e2e.conftest import _SHORT, in_background
from tests.e2e.world import World, until
from tests.plugins.postgres.server import PASSWORD, SUPERUSER, Server
from tests.plugins.postgres.tables import read

pytestmark = [pytest.mark.postgres, pytest.mark.emulator, pytest.mark.timeout(600)]


@asynccontextmanager
async def hosted(
    workspace: Workspace, config: dict[str, Any], host: str
) -> AsyncIterator[Platform]:
    """The platform as `make run HOST=…` starts it."""
    async with platform(workspace, config, consumers=host) as running:
        if host == "functions":
            yield running
            return
        async with serve(running) as (served, log):
            # Somebody must read what it prints, or a full pipe holds it back.
            reading = asyncio.create_task(_drain(log))
            try:
                yield served
            finally:
                reading.cancel()
                await asyncio.wait([reading])


async def _drain(log: asyncio.StreamReader) -> None:
    while await log.readline():
        pass


@pytest.fixture(params=["functions", "serve"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, server: Server, schema: str
) -> Iterator[World]:
    """A platform whose only sink is the database."""
    chosen = {
        "gateways": {"example": {}},
        "sinks": {"postgres": server.settings(schema_name=schema)},
    }
    starting = hosted(Workspace(tmp_path), settings() | _SHORT | chosen, request.param)
    with in_background(starting) as running:
        yield World(running, asyncio.run(create_token(running, "postgres")))


def rows(server: Server, schema: str, table: str) -> list[dict[str, Any]]:
    """The rows of a table by a new connection, as the server may have been restarted."""

    async def ask() -> list[dict[str, Any]]:
        where = server.settings()
        connection = await asyncpg.connect(
            host=where["host"],
            port=where["port"],
            user=SUPERUSER,
            password=PASSWORD,
            database=where["database"],
            ssl=False,
        )
        try:
            return await read(connection, schema, table)
        except asyncpg.UndefinedTableError:
            return []
        finally:
            await connection.close()

    return asyncio.run(ask())


def set_secret(world: World) -> None:
    """As docs/postgres.md says: once the platform runs."""
    command = [sys.executable, "-m", "penstock.entrypoints.cli", "--stack", "local"]
    subprocess.run(  # noqa: S603 - our own interpreter and module
        [*command, "secrets", "set", "postgres"],
        cwd=world.platform.workspace.root,
        env={"PATH": os.defpath, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        input=json.dumps({"password": PASSWORD}),
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )


def test_a_database_that_restarts_under_load_loses_no_event_and_doubles_no_row(
    world: World, server: Server, schema: str
) -> None:
    """
    Payments come before the secret is there, with the database, while it is stopped and after it.
    """
    first = world.send_payment()
    until(lambda: world.payment(first), what="the first payment")
    set_secret(world)
    until(lambda: rows(server, schema, "payments"), what="the first row")

    paid = [first, *(world.send_payment() for _ in range(5))]
    server.stop()
    try:
        paid += [world.send_payment() for _ in range(5)]
        # Their events wait for the database now, those of the others or these.
        until(lambda: [one for one in paid if world.payment(one)] == paid, what="the charges")
        until(lambda: world.waiting(world.queue("sink-postgres")), what="an event that waits")
    finally:
        server.start()
    paid += [world.send_payment() for _ in range(3)]
    until(lambda: len(rows(server, schema, "payments")) >= len(paid), what="all payments")
    for payment in paid:
        world.refund(payment, 100, "EUR")
    until(lambda: len(rows(server, schema, "refunds")) >= len(paid), what="all refunds")
    world.settle()

    found = {
        row["id"]: (row["status"], row["refunded"]) for row in rows(server, schema, "payments")
    }
    assert dict.fromkeys(paid, ("partially_refunded", 100)) == found
    assert sorted(paid) == sorted(row["payment_id"] for row in rows(server, schema, "refunds"))
    assert sorted(world.events()) == [row["id"] for row in rows(server, schema, "events")]
    assert [] == world.dead_letters()
