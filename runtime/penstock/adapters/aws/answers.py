"""What was answered to operators' requests, in the ledger's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.table import Table
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.place import stamp
from penstock.errors import LedgerConflict
from penstock.ports import Asked

KEPT_FOR = timedelta(days=30)


class DynamoAnswers:
    """An item for each request. Both calls raise LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def claim(self, asked: Asked, now: datetime) -> Asked:
        """Claim a request, unless it is answered, another one, or claimed."""
        held = await self._table.put_once(_item(asked), "claim a request")
        if held is None:
            return asked
        kept = _read(held)
        ended = kept.digest == asked.digest and kept.answer is None and kept.until <= now
        # A call whose answer was lost is repeated below us, and finds its own claim.
        if not ended or kept.claim == asked.claim:
            return kept
        anew = replace(asked, meant=asked.meant if kept.meant is None else kept.meant)
        taken = await self._table.put_if(
            "#claim = :claim AND attribute_not_exists(answer)",
            _item(anew),
            "claim a request",
            claim=kept.claim,
        )
        return anew if taken is None else _read(taken)

    async def keep(self, asked: Asked) -> None:
        """
        Keep what has become of a claim.

        Raises:
            LedgerConflict: another claim has taken its place.
        """
        item, mine = _item(asked), "#claim = :claim"
        if await self._table.put_if(mine, item, "keep an answer", claim=asked.claim) is not None:
            raise LedgerConflict("another try works on the request")


def _item(asked: Asked) -> Item:
    fields = {
        "pk": f"answer#{asked.key}",
        "sk": "answer",
        "digest": asked.digest,
        "claim": asked.claim,
        "until": stamp(asked.until),
        "expires_at": int((asked.until + KEPT_FOR).timestamp()),
        "meant": asked.meant,
        "answer": asked.answer,
    }
    return to_item(fields)


def _read(item: Mapping[str, Mapping[str, Any]]) -> Asked:
    record = from_item(item)
    return Asked(
        record["pk"].removeprefix("answer#"),
        record["digest"],
        record["claim"],
        datetime.fromisoformat(record["until"]),
        record.get("meant"),
        record.get("answer"),
    )
