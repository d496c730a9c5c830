"""What became of (sink, event), in the ledger's table."""

from __future__ import annotations

from datetime import datetime

from penstock.adapters.aws import items
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.table import Table


class DynamoAttempts:
    """An item for each event a sink has had. Both calls raise LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink has had it (a consistent read)."""
        return await self._table.get(items.attempt_key(sink, event_id)) is not None

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that it has."""
        await self._table.put(items.attempt_item(sink, event_id, at))
