"""A row as SQL that ends the same in any order of events, and however often it is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock_postgres.rows import Row, Value

Statement = tuple[str, Sequence[Value]]
_STAMP = ("sequence", "changed_at", "event_id")


def upsert(schema: str, row: Row) -> Iterator[Statement]:
    """
    The statements that write one row, each with its arguments.

    Args:
        schema: a name that `PostgresSettings` has accepted.
    """
    columns = list(row.values)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    kept = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name != row.key)
    # Table and columns are names of this package, and a schema's name is small letters.
    yield (
        f'INSERT INTO "{schema}".{row.table} AS kept ({", ".join(columns)}) VALUES ({places}) '  # noqa: S608 - no value is in the text
        f"ON CONFLICT ({row.key}) DO UPDATE SET {kept}{_where(row)}",
        list(row.values.values()),
    )
    for function, times in (("LEAST", row.earliest), ("GREATEST", row.latest)):
        for column, at in times.items():
            yield (
                f'UPDATE "{schema}".{row.table} SET {column} = {function}({column}, $2) '  # noqa: S608 - no value is in the text
                f"WHERE {row.key} = $1",
                [row.values[row.key], at],
            )


def _where(row: Row) -> str:
    """
    An older event leaves the row alone. Equal ones write: a replay fills columns that are new.
    """
    if not row.newest:
        return ""
    kept, given = (", ".join(f"{side}.{name}" for name in _STAMP) for side in ("kept", "EXCLUDED"))
    return f" WHERE ({kept}) <= ({given})"
