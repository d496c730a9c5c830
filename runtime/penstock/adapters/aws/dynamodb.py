"""The ledger on DynamoDB: one table, one transaction per change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from penstock.adapters.aws import items
from penstock.adapters.aws.archive import DynamoArchive
from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import failure
from penstock.adapters.aws.commits import Commits
from penstock.adapters.aws.listing import Listing
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import to_item
from penstock.api.context import Clock, Ids
from penstock.domain.change import AnyEntity, Change, E, Seen
from penstock.domain.entity import Entity
from penstock.domain.events import Event
from penstock.domain.place import stamp
from penstock.domain.ref import Ref
from penstock.ports import EventPage, Index, Place

_INDEXES = {
    Index.reference: (items.REFERENCE_INDEX, "reference"),
    Index.subscription: (items.SUBSCRIPTION_INDEX, "subscription"),
    Index.subscription_reference: (items.REFERENCE_INDEX, "reference"),
    Index.payment: (items.REFERENCE_INDEX, "reference"),
}
_LAST_EVENT = items.event_sk(10**12 - 1)


class DynamoLedger:
    """Entities, seen ids and events in one table; `items.py` draws it."""

    def __init__(self, clients: Clients, table: str, clock: Clock, ids: Ids) -> None:
        self._table = Table(clients, table)
        self._archive = DynamoArchive(self._table)
        self._commits = Commits(self._table)
        self._days = Listing(self._table, items.DAY_INDEX, "day")
        self._look_ups = {
            index: Listing(self._table, name, key) for index, (name, key) in _INDEXES.items()
        }
        self._clock = clock
        self._ids = ids

    async def load(self, kind: type[E], identity: str) -> E | None:
        """The entity as last committed (a consistent read)."""
        found = await self.find(Ref(kind.kind, identity))
        return found if isinstance(found, kind) else None

    async def find(self, ref: Ref) -> AnyEntity | None:
        """The same for any kind of entity; None also for a kind that only newer code knows."""
        item = await self._table.get(items.state_key(ref))
        return items.read_state(item) if item else None

    async def remember(self, seen: Seen) -> Seen:
        """Remember an id, unless it is remembered already. Returns what is remembered."""
        item = items.seen_item(seen, self._clock.now())
        held = await self._table.put_once(item, "remember")
        return Seen(seen.key, held["digest"]["S"]) if held else seen

    async def commit(self, change: Change[AnyEntity]) -> None:
        """
        Write all of a change or nothing.

        Raises:
            LedgerConflict: the entity is no longer at the expected version.
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
                    ":last": _LAST_EVENT,
                }
            ),
        )
        return [items.read_event_item(item) for item in found]

    async def history(self, ref: Ref, limit: int, before: int | None = None) -> Sequence[Event]:
        """The entity's events before that sequence, newest first (a consistent read)."""
        last = _LAST_EVENT if before is None else items.event_sk(before - 1)
        found = await self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            to_item({":pk": str(ref), ":first": items.event_sk(0), ":last": last}),
            limit=limit,
            newest_first=True,
        )
        return [items.read_event_item(item) for item in found]

    async def rewrite(self, event: Event) -> None:
        """Replace the event of the same entity and sequence."""
        with unavailable("rewrite"):
            try:
                await self._table.call(
                    "put_item",
                    TableName=self._table.name,
                    Item=items.event_item(event),
                    ConditionExpression="attribute_exists(pk)",
                )
            except Refusal as exc:
                raise failure(str(event.ref), exc.code) from None

    async def due(self, now: datetime, limit: int) -> Sequence[Ref]:
        """Entities whose `due_at` has come, longest due first."""

        async def one(partition: str) -> list[Mapping[str, Mapping[str, Any]]]:
            return await self._table.query(
                "due_pk = :partition AND due_at <= :until",
                to_item({":partition": partition, ":until": stamp(now)}),
                index=items.DUE_INDEX,
                limit=limit,
            )

        asked = await asyncio.gather(*(one(partition) for partition in items.DUE))
        found = [item for partition in asked for item in partition]
        found.sort(key=lambda item: item["due_at"]["S"])
        refs = (items.read_ref(item["pk"]["S"]) for item in found[:limit])
        return [ref for ref in refs if ref is not None]

    async def look_up(
        self, index: Index, value: str, limit: int, after: Place | None = None
    ) -> Sequence[Ref]:
        """Entities of an index, newest first; shows a commit a moment later."""
        if not value or len(value.encode()) > items.INDEXED:
            return []
        if index is Index.subscription_reference:
            value = items.subscription_reference(value)
        elif index is Index.payment:
            value = items.notified_payment(value)
        return await self._look_ups[index].newest((value,), limit, after)

    async def of_day(self, day: date, limit: int, after: Place | None = None) -> Sequence[Ref]:
        """Payments that were first seen on a day (UTC), newest first."""
        return await self._days.newest(items.payment_days(day), limit, after)

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """
        The archive of events, newest first; it shows a commit a moment later.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        return await self._archive.page(limit, cursor)
