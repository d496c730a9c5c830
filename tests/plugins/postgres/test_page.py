"""The SQL of docs/postgres.md does on a real server what the page says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from penstock.api import Attempt, Delivered, Event, EventType
from penstock.testing.context import FixedSecrets, context
from penstock_postgres.schema import script
from penstock_postgres.settings import PostgresSettings
from penstock_postgres.sink import PostgresSink
from tests.plugins.postgres.server import PASSWORD, SUPERUSER, Server

pytestmark = pytest.mark.postgres
PAGE = Path(__file__).parents[3] / "docs" / "postgres.md"
SQL = dict(re.findall(r"```sql\n-- (\w+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
WRITER = "choose one"


@pytest.fixture
async def books(server: Server, database: Any, schema: str) -> AsyncIterator[Any]:
    """The superuser's connection to a database of its own, without the role of the page."""
    await database.execute(f"CREATE DATABASE {schema}")
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=server.port,
        user=SUPERUSER,
        password=PASSWORD,
        database=schema,
        ssl=False,
    )
    yield connection
    await connection.execute("DROP OWNED BY penstock_writer")
    await connection.execute("DROP ROLE penstock_writer")
    await connection.close()
    await database.execute(f"DROP DATABASE {schema} WITH (FORCE)")


@pytest.fixture
async def sink(server: Server, schema: str) -> AsyncIterator[PostgresSink]:
    """The sink as the role of the page."""
    settings = server.settings(database=schema, user="penstock_writer")
    made = PostgresSink(
        context(PostgresSettings(**settings), secrets=FixedSecrets({"password": WRITER}))
    )
    yield made
    await made.close()


async def test_each_question_has_the_answer_that_the_events_give(
    books: Any, sink: PostgresSink
) -> None:
    await books.execute(SQL["automatic"])
    for told in reversed(march()):
        assert Delivered() == await sink.deliver(told, Attempt(1))

    assert [
        (date(2026, 3, 1), "EUR", 990, 0, 990),
        (date(2026, 3, 1), "USD", 2500, 0, 2500),
        (date(2026, 3, 2), "USD", 0, 500, -500),
        (date(2026, 3, 3), "USD", 0, -200, 200),
    ] == await answers(books, "revenue")
    assert [
        ("2026-03", "USD", "refunded", 1, 500),
        ("2026-03", "USD", "restored", 1, 200),
    ] == await answers(books, "refunds")
    ((customers, lost, percent),) = await answers(books, "churn")
    assert (3, 1, "33.3") == (customers, lost, str(percent))
    assert [
        ("dp-1", moment(20), 1250, "USD", ["pay-1"]),
        ("dp-2", None, None, None, []),
    ] == await answers(books, "disputes")


async def test_the_least_rights_are_enough_and_no_row_can_be_deleted(
    books: Any, sink: PostgresSink
) -> None:
    async with books.transaction():
        await books.execute(script("penstock"))
    await books.execute(SQL["manual"])

    assert Delivered() == await sink.deliver(march()[0], Attempt(1))
    await books.execute("SET ROLE penstock_writer")
    for refused in (
        "DELETE FROM penstock.events",
        "TRUNCATE penstock.events",
        "UPDATE penstock.migrations SET version = 9",
        "CREATE TABLE penstock.more (id text)",
        "DROP TABLE penstock.events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await books.execute(refused)
    await books.execute("RESET ROLE")


async def test_a_payers_id_is_erased_by_what_the_page_says(books: Any, sink: PostgresSink) -> None:
    await books.execute(SQL["automatic"])
    for told in march():
        await sink.deliver(told, Attempt(1))

    await books.execute(SQL["forget"])

    for table in ("events", "payments", "subscriptions"):
        held = await books.fetch(f"SELECT * FROM penstock.{table}")  # noqa: S608 - our names
        assert held
        assert not [row for row in held if "PAYER_ID" in repr(row) or "Ada" in repr(row)]


def march() -> list[Event]:
    """Two payments in two currencies, a refund that half failed, three subscriptions, disputes."""
    return [
        payment(1, "succeeded", 1, "pay-1", 1250, "USD"),
        payment(1, "succeeded", 1, "pay-2", 1250, "USD"),
        payment(1, "succeeded", 1, "pay-3", 990, "EUR"),
        payment(1, "declined", 1, "pay-4", 700, "USD"),
        payment(2, "refunded", 2, "pay-1", 1250, "USD", 500),
        payment(3, "restored", 3, "pay-1", 1250, "USD", 200),
        subscription(-5, "renewed", 1, "sub-1", "active"),
        subscription(-5, "renewed", 1, "sub-2", "active"),
        subscription(-5, "renewed", 1, "sub-3", "active"),
        subscription(-5, "created", 1, "sub-4", "none"),
        subscription(8, "payment_failed", 2, "sub-1", "grace"),
        subscription(11, "access_ended", 3, "sub-1", "ended"),
        subscription(8, "payment_failed", 2, "sub-2", "grace"),
        subscription(9, "renewed", 2, "sub-4", "active"),
        dispute("dp-1", amount=money(1250, "USD"), payments=["pay-1"], respond_by=day(20)),
        dispute("dp-2"),
        dispute("dp-3", type="resolved", outcome="seller"),
    ]


def payment(
    at: int, what: str, sequence: int, id: str, minor: int, currency: str, moved: int = 0
) -> Event:
    status = {"refunded": "partially_refunded", "restored": "partially_refunded"}
    data = {
        "payment_id": id,
        "status": status.get(what, what),
        "amount": money(minor, currency),
        "payer": {"reference": "PAYER_ID", "name": "Ada Lovelace"},
        **({"moved": money(moved, currency)} if moved else {}),
    }
    return made(at, f"payment.{what}", sequence, id, data)


def subscription(at: int, what: str, sequence: int, id: str, access: str) -> Event:
    data = {
        "subscription_id": id,
        "status": "active",
        "access": access,
        "started_at": "2026-02-01T00:00:00Z",
        "subscriber": {"reference": "PAYER_ID", "name": "Ada Lovelace"},
    }
    return made(at, f"subscription.{what}", sequence, id, data)


def dispute(id: str, type: str = "opened", **rest: Any) -> Event:
    data = {
        "dispute_id": id,
        "status": "waiting",
        "confirmed": True,
        "opened_at": day(4),
        **rest,
    }
    return made(4, f"dispute.{type}", 1, id, data)


def made(at: int, type: str, sequence: int, id: str, data: dict[str, Any]) -> Event:
    return Event(f"{id}-{sequence}", EventType(type), id, "example", sequence, moment(at), data)


def moment(number: int) -> datetime:
    """Noon of a day of March 2026, or of February where the number is below one."""
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return first.replace(day=number) if number > 0 else first.replace(month=2, day=28 + number)


def day(number: int) -> str:
    return moment(number).isoformat()


def money(minor: int, currency: str) -> dict[str, Any]:
    return {"minor": minor, "currency": currency}


async def answers(books: Any, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await books.fetch(SQL[name])]
