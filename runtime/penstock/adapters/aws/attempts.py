"""What became of (sink, event), in the ledger's table."""

from __future__ import annotations

from datetime import datetime

from penstock.adapters.archive import stamp
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.table import Table
from penstock.adapters.aws.values import Item, to_item


class DynamoAttempts:
    """An item for each event a sink has had. Both calls raise LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink has had it (a consistent read)."""
        return await self._table.get(_key(sink, event_id)) is not None

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that it has."""
        fields = {"sink": sink, "event_id": event_id, "delivered_at": stamp(at)}
        await self._table.put(_key(sink, event_id) | to_item(fields))


def _key(sink: str, event_id: str) -> Item:
    return to_item({"pk": f"attempt#{sink}#{event_id}", "sk": "attempt"})
