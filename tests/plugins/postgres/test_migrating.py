"""From one version of the tables to the next, with rows in them and functions at work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Attempt, Delivered, Event, RetryAfter
from penstock.testing.builders import event
from penstock_postgres.schema import MIGRATIONS, Migration, script
from penstock_postgres.sink import PostgresSink
from tests.plugins.postgres.conftest import Make
from tests.plugins.postgres.server import SUPERUSER
from tests.plugins.postgres.tables import read

pytestmark = pytest.mark.postgres
FIRST = Attempt(1)
NEXT = """
ALTER TABLE payments ADD COLUMN note text NOT NULL DEFAULT 'none';
ALTER TABLE payments ADD COLUMN month date;
UPDATE payments SET month = date_trunc('month', paid_at);
CREATE INDEX payments_month ON payments (month);
CREATE TABLE notes (id text PRIMARY KEY);
"""
Migrations = Sequence[Migration]


@pytest.fixture
def newer(tmp_path: Path) -> Migrations:
    """The released migrations and one more, as a later version would have it."""
    (tmp_path / "next.sql").write_text(NEXT)
    return (*MIGRATIONS, Migration("next", tmp_path))


def told(count: int, begin: int = 0) -> list[Event]:
    """Events of as many payments."""
    return [event(id=f"event-{n}", reference=f"r-{n}") for n in range(begin, begin + count)]


async def deliver(sinks: Sequence[PostgresSink], events: Sequence[Event]) -> set[Any]:
    """Each event by one of the sinks, all at once; the different answers."""
    work = (sinks[n % len(sinks)].deliver(one, FIRST) for n, one in enumerate(events))
    return set(await asyncio.gather(*work))


async def versions(database: Any, schema: str) -> list[int]:
    query = f'SELECT version FROM "{schema}".migrations ORDER BY version'  # noqa: S608 - our name
    return [row["version"] for row in await database.fetch(query)]


async def ids(database: Any, schema: str) -> set[str]:
    return {row["id"] for row in await read(database, schema, "events")}


async def test_rows_from_before_are_kept_and_get_what_the_new_version_adds(
    make: Make, database: Any, schema: str, newer: Migrations
) -> None:
    await deliver([make()], told(3))
    before = await read(database, schema, "payments")

    assert {Delivered()} == await deliver([make(steps=newer)], told(1, 3))

    (after,) = await read(database, schema, "payments")
    assert [1, 2] == await versions(database, schema)
    assert {f"event-{n}" for n in range(4)} == await ids(database, schema)
    assert ("none", after["paid_at"].date().replace(day=1)) == (after["note"], after["month"])
    assert before[0]["paid_at"] == after["paid_at"]


async def test_an_empty_database_goes_through_all_versions_at_once(
    make: Make, database: Any, schema: str, newer: Migrations
) -> None:
    assert {Delivered()} == await deliver([make(steps=newer)], told(1))
    assert [1, 2] == await versions(database, schema)


async def test_functions_that_start_at_once_migrate_once_while_older_ones_deliver(
    make: Make, database: Any, schema: str, newer: Migrations
) -> None:
    """
    Nothing is lost, refused or waited for, whichever version of the code delivers.
    """
    older = [make() for _ in range(3)]
    await deliver(older, told(3))
    fresh = [make(steps=newer) for _ in range(6)]

    answers = await deliver([*older, *fresh], told(60, 3))

    assert {Delivered()} == answers
    assert [1, 2] == await versions(database, schema)
    assert {f"event-{n}" for n in range(63)} == await ids(database, schema)


async def test_an_older_function_goes_on_after_the_migration(
    make: Make, database: Any, schema: str, newer: Migrations
) -> None:
    """One that was connected before, and one that starts after it, during a deployment."""
    connected = make(connections=1)
    await deliver([connected], told(1))
    await deliver([make(steps=newer)], told(1, 1))

    assert {Delivered()} == await deliver([connected, make()], told(4, 2))
    assert [1, 2] == await versions(database, schema)
    assert 6 == len(await ids(database, schema))


async def test_a_migration_waits_for_a_delivery_that_is_under_way(
    make: Make, database: Any, schema: str, newer: Migrations
) -> None:
    await deliver([make()], told(1))
    async with database.transaction():
        await database.execute(f'LOCK TABLE "{schema}".payments IN ROW EXCLUSIVE MODE')
        migrating = asyncio.ensure_future(deliver([make(steps=newer)], told(1, 1)))
        await blocked(database)

        assert [1] == await versions(database, schema)
    assert {Delivered()} == await migrating
    assert [1, 2] == await versions(database, schema)


async def test_a_migration_that_fails_leaves_all_as_it_was_and_older_functions_go_on(
    make: Make, database: Any, schema: str, tmp_path: Path
) -> None:
    older = make()
    await deliver([older], told(1))
    (tmp_path / "wrong.sql").write_text(f"{NEXT}\nALTER TABLE payments ADD COLUMN note text;\n")
    wrong = (*MIGRATIONS, Migration("wrong", tmp_path))

    (answer,) = await deliver([make(steps=wrong)], told(1, 1))

    assert isinstance(answer, RetryAfter)
    assert "PostgreSQL answered 42701" == answer.because
    assert [1] == await versions(database, schema)
    assert "note" not in (await read(database, schema, "payments"))[0]
    assert {Delivered()} == await deliver([older], told(1, 1))


async def test_newer_code_that_may_not_migrate_waits_and_names_both_versions(
    make: Make, database: Any, schema: str, newer: Migrations
) -> None:
    await deliver([make()], told(1))
    waiting = make(steps=newer, migrations="manual")

    (answer,) = await deliver([waiting], told(1, 1))

    assert isinstance(answer, RetryAfter)
    assert "its tables are of version 1, and 2 is needed" in answer.because
    async with database.transaction():
        await database.execute(script(schema, newer))
    assert {Delivered()} == await deliver([waiting], told(1, 1))


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
async def test_a_server_with_a_stricter_isolation_changes_nothing(
    make: Make, database: Any, schema: str, newer: Migrations, level: str
) -> None:
    """
    A snapshot from before the lock would not show the migration that another one has just made.
    """
    await database.execute(f"ALTER ROLE {SUPERUSER} SET default_transaction_isolation = '{level}'")
    try:
        fresh = [make(steps=newer) for _ in range(8)]

        assert {Delivered()} == await deliver(fresh, told(40))
    finally:
        await database.execute(f"ALTER ROLE {SUPERUSER} RESET default_transaction_isolation")
    assert [1, 2] == await versions(database, schema)
    assert 40 == len(await ids(database, schema))


async def blocked(database: Any) -> None:
    """Return once somebody waits for a table's lock; the server has no way to tell us."""
    # Not pg_stat_activity: within a transaction it shows the same each time.
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
    async with asyncio.timeout(20):
        while not await database.fetchval(query):  # noqa: ASYNC110 - polls another process
            await asyncio.sleep(0.01)
