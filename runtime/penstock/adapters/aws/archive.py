"""
The archive of events on DynamoDB: eight partitions of the index for each day.

One partition takes a thousand writes a second, which is about 500 sales.

A day that has events is noted under one key before its first event is committed, so that a listing
walks back over days with events only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.adapters.aws import items
from penstock.adapters.aws.table import Table
from penstock.adapters.aws.values import to_item
from penstock.domain.events import Event
from penstock.domain.place import cursor as cursor_at
from penstock.domain.place import place, read_cursor
from penstock.ports import EventPage

DAYS_PER_PAGE = 31
"""How many days one page may look at; a page that ends there says where to go on."""
_NEWEST = "9999-12-31T23:59:59.999999Z"


class DynamoArchive:
    """Notes days, reads pages."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._noted: set[str] = set()

    async def note_days(self, events: Sequence[Event]) -> None:
        """Write down the days these events belong to, each once in this process's life."""
        for day in {items.day_of(place(event)) for event in events} - self._noted:
            await self._table.put(items.day_item(day))
            self._noted.add(day)

    async def page(self, limit: int, cursor: str | None) -> EventPage:
        """
        Events before the cursor, newest first.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        before = read_cursor(cursor) if cursor else _NEWEST
        found: list[Mapping[str, Mapping[str, Any]]] = []
        days = await self._days(items.day_of(before))
        for day in days[:DAYS_PER_PAGE]:
            found += await self._day(day, before, limit + 1 - len(found))
            if len(found) > limit:
                return _page(found[:limit], found[limit - 1]["events_sk"]["S"])
        if len(days) > DAYS_PER_PAGE:
            return _page(found, _end_of(days[DAYS_PER_PAGE]))
        return _page(found, None)

    async def _days(self, until: str) -> list[str]:
        found = await self._table.query(
            "pk = :days AND sk <= :until",
            to_item({":days": items.DAYS, ":until": until}),
            limit=DAYS_PER_PAGE + 1,
            newest_first=True,
        )
        return [item["sk"]["S"] for item in found]

    async def _day(
        self, day: str, before: str, limit: int
    ) -> list[Mapping[str, Mapping[str, Any]]]:
        """A day's newest events before a place, merged from all its shards."""
        shards = await asyncio.gather(
            *(self._shard(shard, before, limit) for shard in items.day_shards(day))
        )
        found = [item for shard in shards for item in shard]
        found.sort(key=lambda item: item["events_sk"]["S"], reverse=True)
        return found[:limit]

    async def _shard(
        self, shard: str, before: str, limit: int
    ) -> list[Mapping[str, Mapping[str, Any]]]:
        return await self._table.query(
            "events_pk = :shard AND events_sk < :before",
            to_item({":shard": shard, ":before": before}),
            index=items.EVENTS_INDEX,
            limit=limit,
            newest_first=True,
        )


def _page(found: Sequence[Mapping[str, Mapping[str, Any]]], after: str | None) -> EventPage:
    events = tuple(items.read_event_item(item) for item in found)
    return EventPage(events, cursor_at(after) if after else None)


def _end_of(day: str) -> str:
    """A place after every event of a day."""
    return f"{day}T23:59:59.999999Z#~#{10**12 - 1:012d}"
