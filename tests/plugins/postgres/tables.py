"""All rows of a schema, to compare."""

from __future__ import annotations

from typing import Any

TABLES = {
    "events": "id",
    "payments": "id",
    "refunds": "event_id",
    "invoices": "payment_id",
    "failures": "operation_id",
    "disputes": "id",
    "subscriptions": "id",
}
"""Each with the column that names its rows."""


async def dump(database: Any, schema: str) -> dict[str, list[dict[str, Any]]]:
    """By table, its rows in the order of their keys."""
    return {table: await read(database, schema, table) for table in TABLES}


async def read(database: Any, schema: str, table: str) -> list[dict[str, Any]]:
    """The rows of one table."""
    query = f'SELECT * FROM "{schema}".{table} ORDER BY {TABLES[table]}'  # noqa: S608 - our names
    return [dict(row) for row in await database.fetch(query)]


async def empty(database: Any, schema: str) -> None:
    """Forget every row."""
    names = ", ".join(f'"{schema}".{table}' for table in TABLES)
    await database.execute(f"TRUNCATE {names}")
