"""Restrictions, in the ledger's table: all under one key, and a list of what each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.adapters.aws import items
from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CONDITION, reason
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.place import stamp
from penstock.domain.ref import Ref
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.errors import LedgerUnavailable

RESTRICTIONS = "restrictions"
HELD = "held#"
ONCE = "restricted#"
KNOWN_FOR = timedelta(days=90)
"""Longer than a request of the API can be repeated."""


class DynamoRestrictions:
    """A handful of items under one key. Every call raises LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def list(self) -> Sequence[Restriction]:
        """All of them (a consistent read)."""
        found = await self._table.query("pk = :all", to_item({":all": RESTRICTIONS}))
        return [_read(item) for item in found]

    async def put(self, restriction: Restriction) -> Restriction | None:
        """Restrict. Returns the restriction in force; None if this one was lifted."""
        fields = {
            "kind": restriction.kind.value,
            "value": restriction.value,
            "since": stamp(restriction.since),
            "actor": restriction.actor,
            "reason": restriction.reason,
            "made_at": restriction.made_at and stamp(restriction.made_at),
        }
        item = _key(restriction.key) | to_item(fields)
        refused = await self._table.put_all_once([item, _once(restriction)], "restrict")
        if refused is None:
            return restriction
        held = refused[0]
        return _read(held) if held else None

    async def lift(self, key: str, since: datetime) -> Restriction | None:
        """Remove the restriction of that moment."""
        with unavailable("release"):
            try:
                answer = await self._table.call(
                    "delete_item",
                    TableName=self._table.name,
                    Key=_key(key),
                    ConditionExpression="since = :since",
                    ExpressionAttributeValues=to_item({":since": stamp(since)}),
                    ReturnValues="ALL_OLD",
                )
            except Refusal as exc:
                if reason(exc.code) != CONDITION:
                    raise
                return None
        return _read(answer["Attributes"]) if answer.get("Attributes") else None

    async def note(self, key: str, ref: Ref) -> None:
        """Note that a restriction holds something of an entity."""
        await self._table.put(_held(key, ref))

    async def held(self, key: str, limit: int) -> Sequence[Ref]:
        """The entities noted for a restriction (a consistent read)."""
        found = await self._table.query(
            "pk = :held", to_item({":held": f"{HELD}{key}"}), limit=limit
        )
        refs = (items.read_ref(item["sk"]["S"]) for item in found)
        return [ref for ref in refs if ref is not None]

    async def forget(self, key: str, ref: Ref) -> None:
        """Remove a note."""
        with unavailable("release"):
            await self._table.call("delete_item", TableName=self._table.name, Key=_held(key, ref))


def _key(key: str) -> Item:
    return to_item({"pk": RESTRICTIONS, "sk": key})


def _once(restriction: Restriction) -> Item:
    """What keeps a restriction that was lifted from being put again by a repeat."""
    known_until = restriction.since + KNOWN_FOR
    return to_item(
        {
            "pk": f"{ONCE}{restriction.key}",
            "sk": stamp(restriction.since),
            "expires_at": int(known_until.timestamp()),
        }
    )


def _held(key: str, ref: Ref) -> Item:
    return to_item({"pk": f"{HELD}{key}", "sk": str(ref)})


def _read(item: Mapping[str, Mapping[str, Any]]) -> Restriction:
    record = from_item(item)
    try:
        kind = RestrictionKind(record["kind"])
    except ValueError as exc:
        # Fail closed: this version must not submit what newer code restricts.
        raise LedgerUnavailable("a restriction was written by newer code") from exc
    made_at = record.get("made_at")
    return Restriction(
        kind,
        record["value"],
        datetime.fromisoformat(record["since"]),
        record["actor"],
        record["reason"],
        datetime.fromisoformat(made_at) if made_at else None,
    )
