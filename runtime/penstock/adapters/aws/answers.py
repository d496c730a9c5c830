"""What was answered to operators' requests, in the ledger's table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CONDITION, reason
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.place import stamp
from penstock.errors import LedgerConflict
from penstock.ports import Asked

KEPT_FOR = timedelta(days=30)
_FREE = (
    "attribute_not_exists(pk) OR (attribute_not_exists(#answer)"
    " AND (#claim = :claim OR (#digest = :digest AND #until <= :now)))"
)
_NAMES = {f"#{name}": name for name in ("claim", "digest", "answer", "until")}


class DynamoAnswers:
    """An item for each request. Both calls raise LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def claim(self, asked: Asked, now: datetime) -> Asked:
        """Claim a request, unless it is answered, another one, or claimed."""
        values = {":claim": asked.claim, ":digest": asked.digest, ":now": stamp(now)}
        held = await self._put(asked, _FREE, _NAMES, values)
        return _read(held) if held else asked

    async def keep(self, asked: Asked) -> None:
        """
        Keep what has become of a claim.

        Raises:
            LedgerConflict: another claim has taken its place.
        """
        mine = {":claim": asked.claim}
        if await self._put(asked, "#claim = :claim", {"#claim": "claim"}, mine) is not None:
            raise LedgerConflict("another try works on the request")

    async def _put(
        self, asked: Asked, condition: str, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> Item | None:
        """What is there instead, where the condition does not hold."""
        with unavailable("keep an answer"):
            try:
                await self._table.call(
                    "put_item",
                    TableName=self._table.name,
                    Item=_item(asked),
                    ConditionExpression=condition,
                    ExpressionAttributeNames=dict(names),
                    ExpressionAttributeValues=to_item(dict(values)),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except Refusal as exc:
                if reason(exc.code) != CONDITION:
                    raise
                return exc.details.get("Item", {})
        return None


def _item(asked: Asked) -> Item:
    fields = {
        "pk": f"answer#{asked.key}",
        "sk": "answer",
        "digest": asked.digest,
        "claim": asked.claim,
        "until": stamp(asked.until),
        "expires_at": int((asked.until + KEPT_FOR).timestamp()),
    }
    return to_item(fields if asked.answer is None else {**fields, "answer": asked.answer})


def _read(item: Item) -> Asked:
    record = from_item(item)
    return Asked(
        record["pk"].removeprefix("answer#"),
        record["digest"],
        record["claim"],
        datetime.fromisoformat(record["until"]),
        record.get("answer"),
    )
