"""The ledger on DynamoDB: one table, one transaction per change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from penstock.adapters.archive import stamp
from penstock.adapters.aws import items
from penstock.adapters.aws.archive import DynamoArchive
from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.commits import Commits
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import to_item
from penstock.api.context import Clock, Ids
from penstock.domain.change import AnyEntity, Change, E, Seen
from penstock.domain.entity import Entity
from penstock.domain.events import Event
from penstock.domain.ref import EntityKind, Ref
from penstock.ports import EventPage, Index

_INDEXES = {
    Index.reference: (items.REFERENCE_INDEX, "reference"),
    Index.subscription: (items.SUBSCRIPTION_INDEX, "subscription"),
    Index.subscription_reference: (items.REFERENCE_INDEX, "reference"),
}


class DynamoLedger:
    """Entities, seen ids and events in one table; `items.py` draws it."""

    def __init__(self, clients: Clients, table: str, clock: Clock, ids: Ids) -> None:
        self._table = Table(clients, table)
        self._archive = DynamoArchive(self._table)
        self._commits = Commits(self._table)
        self._clock = clock
        self._ids = ids

    async def load(self, kind: type[E], identity: str) -> E | None:
        """The entity as last committed (a consistent read)."""
        found = await self.find(Ref(kind.kind, identity))
        return found if isinstance(found, kind) else None

    async def find(self, ref: Ref) -> AnyEntity | None:
        """The same, of whatever kind; None also of a kind that only newer code knows."""
        item = await self._table.get(items.state_key(ref))
        return items.read_state(item) if item else None

    async def remember(self, seen: Seen) -> Seen:
        """Remember an id unless it is remembered already; what is remembered comes back."""
        item = items.seen_item(seen, self._clock.now())
        with unavailable("remember"):
            try:
                await self._table.call(
                    "put_item",
                    TableName=self._table.name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except Refusal as exc:
                held = exc.details.get("Item")
                if exc.code != "ConditionalCheckFailedException" or not held:
                    raise
                return Seen(seen.key, held["digest"]["S"])
        return seen

    async def commit(self, change: Change[AnyEntity]) -> None:
        """
        Write all of a change or nothing.

        Raises:
            LedgerConflict: the entity is not at the expected version any more.
            EntityTooLarge: the state is above 200 KB.
            LedgerUnavailable: no answer; it may have been written: read again.
        """
        if change.events:
            await self._archive.note_days(change.events)
        await self._commits.write(change, self._ids.new())

    async def unsent(self, entity: Entity) -> Sequence[Event]:
        """The entity's events after `entity.published`, in order (a consistent read)."""
        found = await self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            to_item(
                {
                    ":pk": str(entity.ref),
                    ":first": items.event_sk(entity.published + 1),
                    ":last": items.event_sk(10**12 - 1),
                }
            ),
        )
        return [items.read_event_item(item) for item in found]

    async def history(self, ref: Ref, limit: int) -> Sequence[Event]:
        """The entity's events, newest first (a consistent read)."""
        found = await self._table.query(
            "pk = :pk AND begins_with(sk, :event)",
            to_item({":pk": str(ref), ":event": "event#"}),
            limit=limit,
            newest_first=True,
        )
        return [items.read_event_item(item) for item in found]

    async def due(self, now: datetime, limit: int) -> Sequence[Ref]:
        """Entities whose `due_at` has come, longest due first."""
        return await self._sharded(
            items.DUE_INDEX, "due_pk", items.DUE, limit, "due_at", until=stamp(now)
        )

    async def look_up(self, index: Index, value: str, limit: int) -> Sequence[Ref]:
        """Payments or subscriptions, newest first; shows a commit a moment later."""
        if not value:
            return []
        name, attribute = _INDEXES[index]
        if index is Index.subscription_reference:
            value = items.subscription_reference(value)
        return await self._sharded(
            name, attribute, (value,), limit, "created_at", newest_first=True
        )

    async def of_day(self, kind: EntityKind, day: date, limit: int) -> Sequence[Ref]:
        """Entities of a kind that were first seen on a day (UTC), newest first."""
        shards = items.entity_days(kind, day)
        return await self._sharded(
            items.DAY_INDEX, "day", shards, limit, "created_at", newest_first=True
        )

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """
        The archive of events, newest first; it shows a commit a moment later.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        return await self._archive.page(limit, cursor)

    async def _sharded(
        self,
        index: str,
        key: str,
        shards: Sequence[str],
        limit: int,
        order: str,
        *,
        until: str | None = None,
        newest_first: bool = False,
    ) -> list[Ref]:
        """The entities in an index's partitions, asked side by side and merged."""

        async def one(shard: str) -> list[Mapping[str, Mapping[str, Any]]]:
            values = {":shard": shard} | ({":until": until} if until else {})
            return await self._table.query(
                f"{_NAME} = :shard" + (f" AND {order} <= :until" if until else ""),
                to_item(values),
                index=index,
                limit=limit,
                newest_first=newest_first,
                names={_NAME: key},
            )

        asked = await asyncio.gather(*(one(shard) for shard in shards))
        found = [item for shard in asked for item in shard]
        found.sort(key=lambda item: item[order]["S"], reverse=newest_first)
        refs = (items.read_ref(item["pk"]["S"]) for item in found[:limit])
        return [ref for ref in refs if ref is not None]


_NAME = "#key"  # "day" and "reference" are words of DynamoDB's own language
