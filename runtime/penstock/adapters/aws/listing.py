"""
Listings from the look-up indexes, newest first, that can go on after a place.

A partition orders entities by `created_at` alone, so entities of one moment come in any order. A
page that ended between two of them could skip some, so a moment is read whole or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.adapters.aws import items
from penstock.adapters.aws.table import Table
from penstock.adapters.aws.values import to_item
from penstock.domain.place import stamp
from penstock.domain.ref import Ref
from penstock.ports import Place

_AT = "created_at"
_NAME = "#key"  # "day" and "reference" are words of DynamoDB's own language
_Item = Mapping[str, Mapping[str, Any]]


class Listing:
    """One look-up index's partitions, asked side by side and merged."""

    def __init__(self, table: Table, index: str, key: str) -> None:
        self._table = table
        self._index = index
        self._key = key

    async def newest(
        self, partitions: Sequence[str], limit: int, after: Place | None
    ) -> list[Ref]:
        """At most `limit` entities after a place, newest first."""
        asked = await asyncio.gather(*(self._partition(one, limit, after) for one in partitions))
        found = [item for partition in asked for item in partition]
        found.sort(key=_place, reverse=True)
        refs = (items.read_ref(item["pk"]["S"]) for item in found[:limit])
        return [ref for ref in refs if ref is not None]

    async def _partition(self, partition: str, limit: int, after: Place | None) -> list[_Item]:
        end = (stamp(after.at), after.id) if after else None
        bound = ("<=", end[0]) if end else None
        kept: list[_Item] = []
        while len(kept) < limit:
            # One more for the place itself, and one that shows whether a moment is cut in two.
            wanted = limit - len(kept) + 2
            found = await self._query(partition, bound, wanted)
            complete = len(found) < wanted
            if not complete:
                found, last = found[:-1], found[-1][_AT]["S"]
                if found[-1][_AT]["S"] == last:
                    moment = await self._query(partition, ("=", last), None)
                    found = [*(item for item in found if item[_AT]["S"] != last), *moment]
            kept += [item for item in found if end is None or _place(item) < end]
            if complete:
                break
            bound = ("<", found[-1][_AT]["S"])
        return kept

    async def _query(
        self, partition: str, bound: tuple[str, str] | None, limit: int | None
    ) -> list[_Item]:
        values = {":partition": partition} | ({":at": bound[1]} if bound else {})
        return await self._table.query(
            f"{_NAME} = :partition" + (f" AND {_AT} {bound[0]} :at" if bound else ""),
            to_item(values),
            index=self._index,
            limit=limit,
            newest_first=True,
            names={_NAME: self._key},
        )


def _place(item: _Item) -> tuple[str, str]:
    return item[_AT]["S"], item["pk"]["S"].partition("#")[2]
