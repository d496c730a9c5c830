"""The tables, as numbered migrations, and the script that brings a schema up to date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from penstock_postgres.settings import SCHEMA


@dataclass(frozen=True, slots=True)
class Migration:
    """
    One step from a version to the next, in SQL that PL/pgSQL runs.

    Attributes:
        folder: where its file `<name>.sql` lies, which is read when it is needed.
    """

    name: str
    folder: Traversable = files("penstock_postgres") / "migrations"

    @property
    def sql(self) -> str:
        """Its statements."""
        return (self.folder / f"{self.name}.sql").read_text("utf-8")


MIGRATIONS = (Migration("0001_tables"),)
"""In order. One that was released is never changed; each only adds, so older code goes on."""
_STEP = """\
    IF NOT EXISTS (SELECT FROM migrations WHERE version = {number}) THEN
{sql}
    INSERT INTO migrations (version, name) VALUES ({number}, '{name}');
    END IF;
"""
_SCRIPT = """\
SELECT pg_advisory_xact_lock(hashtextextended('penstock_postgres {schema}', 0));
DO $penstock$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}') THEN
        CREATE SCHEMA "{schema}";
    END IF;
END $penstock$;
SET LOCAL search_path TO "{schema}";
DO $penstock$ BEGIN
    IF to_regclass('migrations') IS NULL THEN
    CREATE TABLE migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    );
    END IF;
{steps}END $penstock$;
"""


def script(schema: str, migrations: Sequence[Migration] = MIGRATIONS) -> str:
    """
    What makes the schema and applies the migrations that it lacks, for one transaction.

    It can be run again, and by several at once: a lock lets one go on at a time. It makes a schema
    only where there is none, so that the schema's owner needs no right on the database.

    Raises:
        ValueError: no name for a schema.
    """
    if not re.fullmatch(SCHEMA, schema):
        raise ValueError("a schema's name is small letters, digits and underscores, at most 63")
    steps = "".join(
        _STEP.format(number=number, name=one.name, sql=one.sql)
        for number, one in enumerate(migrations, 1)
    )
    return _SCRIPT.format(schema=schema, steps=steps)
