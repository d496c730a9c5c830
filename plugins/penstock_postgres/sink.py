"""The sink: one event, one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import Attempt, Context, Delivered, Delivering, Event, Refused
from penstock_postgres.connections import Connections
from penstock_postgres.rows import rows
from penstock_postgres.schema import MIGRATIONS, Migration
from penstock_postgres.settings import PostgresSettings
from penstock_postgres.told import Unfit
from penstock_postgres.upsert import Statement, upsert
from penstock_postgres.verdicts import FAILURES, NotConnected, judge, stale


class PostgresSink:
    """
    One schema. Writing an event again changes nothing, so no answer that was lost matters.

    Args:
        migrations: what the tables need, in order.
    """

    name = "postgres"

    def __init__(
        self, context: Context[PostgresSettings], migrations: Sequence[Migration] = MIGRATIONS
    ) -> None:
        self.name = context.name or type(self).name
        self._schema = context.settings.schema_name
        self._connections = Connections(context, migrations)

    def accepts(self, event: Event) -> bool:
        """Every event of a selected type; the stage has looked at that."""
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Write the event and the rows it changes, all of them or none."""
        try:
            told = rows(event)
        except Unfit as exc:
            return Refused(f"the event is not as its schema says: {exc}")
        return await self._write([one for row in told for one in upsert(self._schema, row)])

    async def close(self) -> None:
        """Close its connections. The platform needs no such call: they end with the process."""
        await self._connections.close()

    async def _write(self, statements: Sequence[Statement]) -> Delivering:
        try:
            try:
                await self._transact(statements)
            except FAILURES as exc:
                if not stale(exc):
                    raise
                # A server restarted, a function was frozen meanwhile, or the schema was dropped.
                await self._connections.expire()
                await self._transact(statements)
        except NotConnected as exc:
            return exc.answer
        except FAILURES as exc:
            return judge(exc)
        return Delivered()

    async def _transact(self, statements: Sequence[Statement]) -> None:
        async with self._connections.transaction() as connection:
            for query, arguments in statements:
                await connection.execute(query, *arguments)
