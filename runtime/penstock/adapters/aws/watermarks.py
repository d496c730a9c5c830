"""Watermarks, in the ledger's table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CONDITION, reason
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.place import stamp
from penstock.ports import Watermark

WATERMARKS = "watermarks"


class DynamoWatermarks:
    """All watermarks under one key: there is one for each gateway."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def get(self, gateway: str) -> Watermark | None:
        """The gateway's watermark (a consistent read); None before the first."""
        item = await self._table.get(_key(gateway))
        return _read(item) if item else None

    async def move(self, gateway: str, known: Watermark | None, to: Watermark) -> bool:
        """
        Replace the known watermark. False if another writer replaced it before.

        A repeat after a lost answer finds its own write, which counts as done.
        """
        with unavailable("move a watermark"):
            try:
                await self._table.call(
                    "put_item",
                    TableName=self._table.name,
                    Item=_key(gateway) | _fields(to),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **_if(known),
                )
            except Refusal as exc:
                if reason(exc.code) != CONDITION:
                    raise
                held = exc.details.get("Item")
                return bool(held) and _read(held) == to
        return True


def _if(known: Watermark | None) -> Mapping[str, Any]:
    if known is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    values = {
        ":at": stamp(known.at),
        ":since": stamp(known.since),
        ":looked": stamp(known.looked_back_at),
    }
    back = "attribute_not_exists(#back)"
    if known.looked_back_to is not None:
        values[":back"], back = stamp(known.looked_back_to), "#back = :back"
    return {
        "ConditionExpression": f"#at = :at AND #since = :since AND #looked = :looked AND {back}",
        "ExpressionAttributeNames": {
            "#at": "at",
            "#since": "since",
            "#looked": "looked_back_at",
            "#back": "looked_back_to",
        },
        "ExpressionAttributeValues": to_item(values),
    }


def _key(gateway: str) -> Item:
    return to_item({"pk": WATERMARKS, "sk": gateway})


def _fields(mark: Watermark) -> Item:
    fields = {
        "at": stamp(mark.at),
        "since": stamp(mark.since),
        "looked_back_at": stamp(mark.looked_back_at),
    }
    if mark.looked_back_to is not None:
        fields["looked_back_to"] = stamp(mark.looked_back_to)
    return to_item(fields)


def _read(item: Mapping[str, Mapping[str, Any]]) -> Watermark:
    record = from_item(item)
    back = record.get("looked_back_to")
    return Watermark(
        datetime.fromisoformat(record["at"]),
        datetime.fromisoformat(record["since"]),
        datetime.fromisoformat(record["looked_back_at"]),
        datetime.fromisoformat(back) if back is not None else None,
    )
