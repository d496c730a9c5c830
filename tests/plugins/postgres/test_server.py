"""Migrations, rights, TLS and broken connections, on a real server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Attempt, Delivered, Delivering, Refused, RetryAfter
from penstock.testing.builders import event
from penstock.testing.context import FixedSecrets
from penstock_postgres.schema import MIGRATIONS, script
from tests.plugins.postgres.conftest import Make
from tests.plugins.postgres.server import PASSWORD, Server
from tests.plugins.postgres.tables import dump, read

pytestmark = pytest.mark.postgres
FIRST = Attempt(1)
REFUNDED = event("payment.refunded")


async def test_an_event_and_what_it_changes_are_one_transaction(
    make: Make, database: Any, schema: str
) -> None:
    sink = make()
    assert Delivered() == await sink.deliver(event(id="first"), FIRST)
    await database.execute(f'ALTER TABLE "{schema}".refunds ADD CHECK (amount < 0)')

    answer = await sink.deliver(event("payment.refunded", id="second", sequence=2), FIRST)

    assert Refused("PostgreSQL answered 23514: the event does not fit the tables") == answer
    assert ["first"] == [row["id"] for row in await read(database, schema, "events")]
    assert ["first"] == [row["event_id"] for row in await read(database, schema, "payments")]


async def test_tables_are_made_once_by_any_number_of_hosts_at_once(
    make: Make, database: Any, schema: str
) -> None:
    answers = await asyncio.gather(*(make().deliver(REFUNDED, FIRST) for _ in range(8)))

    versions = await database.fetch(f'SELECT version FROM "{schema}".migrations')  # noqa: S608 - our name
    assert [Delivered()] * 8 == answers
    assert list(range(1, len(MIGRATIONS) + 1)) == [row["version"] for row in versions]
    assert 1 == len(await read(database, schema, "refunds"))


async def test_the_script_changes_nothing_when_it_is_run_again(
    make: Make, database: Any, schema: str
) -> None:
    await make().deliver(REFUNDED, FIRST)
    before = await dump(database, schema)

    async with database.transaction():
        await database.execute(script(schema))

    assert before == await dump(database, schema)


async def test_tables_that_are_gone_are_made_again(make: Make, database: Any, schema: str) -> None:
    sink = make()
    await sink.deliver(REFUNDED, FIRST)
    await database.execute(f'DROP SCHEMA "{schema}" CASCADE')

    assert Delivered() == await sink.deliver(REFUNDED, FIRST)
    assert 1 == len(await read(database, schema, "refunds"))


async def test_without_leave_to_make_tables_it_says_who_must(make: Make, schema: str) -> None:
    answer = await make(migrations="manual").deliver(REFUNDED, FIRST)

    assert isinstance(answer, RetryAfter)
    assert f"`python -m penstock_postgres {schema}` prints" in answer.because


async def test_the_printed_script_makes_the_tables(make: Make, database: Any, schema: str) -> None:
    command = [sys.executable, "-m", "penstock_postgres", schema]
    printed = await asyncio.to_thread(subprocess.check_output, command, text=True)

    await database.execute(printed)

    assert Delivered() == await make(migrations="manual").deliver(REFUNDED, FIRST)


async def test_a_role_that_may_only_write_is_enough_and_may_do_no_more(
    make: Make, database: Any, schema: str
) -> None:
    await make().deliver(REFUNDED, FIRST)
    role = await role_of(database, schema)
    await database.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {role}')
    await database.execute(
        f'GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA "{schema}" TO {role}'
    )

    assert Delivered() == await make(user=role).deliver(event(id="another"), FIRST)
    assert {"another", "event-1"} == {row["id"] for row in await read(database, schema, "events")}


async def test_a_missing_right_says_so_and_loses_nothing(
    make: Make, database: Any, schema: str
) -> None:
    await make().deliver(REFUNDED, FIRST)
    role = await role_of(database, schema)
    await database.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {role}')
    await database.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {role}')

    answer = await make(user=role).deliver(event(reference="hunter2"), FIRST)

    lacks = (
        "PostgreSQL answered 42501: the role lacks a right: docs/postgres.md lists what to grant"
    )
    assert RetryAfter(lacks, 300) == answer


async def test_a_role_without_rights_cannot_make_tables(
    make: Make, database: Any, schema: str
) -> None:
    role = await role_of(database, schema)

    answer = await make(user=role).deliver(REFUNDED, FIRST)

    assert isinstance(answer, RetryAfter)
    assert answer.because.startswith("PostgreSQL answered 42501")


async def test_the_certificate_must_be_for_the_host(
    make: Make, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(server.ca)
    verified = {"tls": "verify-full", "ca": server.ca}

    assert Delivered() == await make(**verified, host="localhost").deliver(REFUNDED, FIRST)
    by_file = make(host="localhost", tls="verify-full", ca_file=str(file))
    assert Delivered() == await by_file.deliver(REFUNDED, FIRST)
    for sink in (make(**verified), make(host="localhost", tls="verify-full")):
        answer = await sink.deliver(REFUNDED, FIRST)
        assert isinstance(answer, RetryAfter)
        assert answer.because.startswith("the server's certificate is not for this host or not of")


async def test_a_connection_is_kept_between_deliveries(make: Make, database: Any) -> None:
    sink = make(connections=1)

    pids = [await delivered_by(sink, database) for _ in range(3)]

    assert 1 == len(set(pids))


async def test_a_connection_that_the_server_ended_is_opened_again_at_once(
    make: Make, database: Any
) -> None:
    sink = make(connections=1)
    first = await delivered_by(sink, database)
    await database.execute("SELECT pg_terminate_backend($1)", first)

    assert first != await delivered_by(sink, database)


async def test_a_server_that_is_restarted_is_waited_for(
    make: Make, server: Server, schema: str
) -> None:
    sink = make()
    assert Delivered() == await sink.deliver(REFUNDED, FIRST)
    await asyncio.to_thread(server.stop)
    try:
        away = await sink.deliver(REFUNDED, FIRST)
    finally:
        await asyncio.to_thread(server.start)

    assert RetryAfter("PostgreSQL could not be reached") == away
    assert Delivered() == await sink.deliver(REFUNDED, FIRST)


async def test_a_statement_that_waits_for_a_lock_ends_and_blocks_nobody_meanwhile(
    make: Make, database: Any, schema: str
) -> None:
    sink = make(statement_timeout_seconds=1)
    await sink.deliver(REFUNDED, FIRST)
    loop, ticks = asyncio.get_running_loop(), [0]

    async def ticking() -> None:
        while True:
            ticks[0] += 1
            await asyncio.sleep(0.01)

    task = loop.create_task(ticking())
    async with database.transaction():
        await database.execute(f'LOCK TABLE "{schema}".payments')
        answer = await sink.deliver(event(sequence=2), FIRST)
    task.cancel()

    assert RetryAfter("PostgreSQL answered 57014") == answer
    assert ticks[0] > 20


async def test_both_passwords_are_tried_during_a_rotation(make: Make) -> None:
    old, new = {"password": "not yet"}, {"password": PASSWORD}

    assert Delivered() == await make(FixedSecrets(old, new)).deliver(REFUNDED, FIRST)
    stale = FixedSecrets(old, fresh=(new, old))
    assert Delivered() == await make(stale).deliver(REFUNDED, FIRST)


async def test_a_wrong_password_is_in_no_answer(make: Make) -> None:
    answer = await make(FixedSecrets({"password": "hunter2"})).deliver(REFUNDED, FIRST)

    assert isinstance(answer, RetryAfter)
    assert "28P01: the role may not log in" in answer.because
    assert "hunter2" not in repr(answer)


async def test_a_database_that_is_not_there_says_so(make: Make) -> None:
    answer = await make(database="no_such_database").deliver(REFUNDED, FIRST)

    assert isinstance(answer, RetryAfter)
    assert "3D000: there is no such database" in answer.because


async def delivered_by(sink: Any, database: Any) -> int:
    """Deliver; returns the process of the server that did it."""
    answer: Delivering = await sink.deliver(REFUNDED, FIRST)
    assert Delivered() == answer
    query = (
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'penstock'"
        " ORDER BY backend_start DESC LIMIT 1"
    )
    return await database.fetchval(query)


async def role_of(database: Any, schema: str) -> str:
    """A role of this test's own, without any right."""
    role = f"{schema}_role"
    await database.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    return role
