"""Entities of listings, one after another, newest first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from datetime import date

from penstock.domain.change import AnyEntity
from penstock.domain.ref import Ref
from penstock.ports import Index, Ledger, Place

Source = Callable[[int, Place | None], Awaitable[Sequence[Sequence[Ref]]]]
"""A listing's entities after a place, at most so many; several lists are to be merged."""
_SIDE_BY_SIDE = 10
"""How many entities are loaded at once; a function has 16 connections to DynamoDB."""


def looked_up(ledger: Ledger, index: Index, values: Iterable[str]) -> Source:
    """What an index finds under some values."""

    async def read(size: int, after: Place | None) -> Sequence[Sequence[Ref]]:
        return await asyncio.gather(
            *(ledger.look_up(index, value, size, after) for value in values)
        )

    return read


def day(ledger: Ledger, at: date) -> Source:
    """Payments that were first seen on a day."""

    async def read(size: int, after: Place | None) -> Sequence[Sequence[Ref]]:
        return [await ledger.of_day(at, size, after)]

    return read


async def walk(
    ledger: Ledger, sources: Iterable[Source], size: int, after: Place | None
) -> AsyncGenerator[AnyEntity]:
    """
    The entities of the sources as last committed, one source after another.

    Args:
        size: how many are read at once.
    """
    for source in sources:
        more = True
        while more:
            refs = [ref for one in await source(size, after) for ref in one]
            entities = await _load(ledger, refs)
            more = len(refs) >= size and bool(entities)
            for entity in entities[:size]:
                after = Place(entity.created_at, entity.id)
                yield entity


async def _load(ledger: Ledger, refs: Sequence[Ref]) -> list[AnyEntity]:
    free = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(ref: Ref) -> AnyEntity | None:
        async with free:
            return await ledger.find(ref)

    found = [entity for entity in await asyncio.gather(*map(one, refs)) if entity is not None]
    return sorted(found, key=lambda entity: (entity.created_at, entity.id), reverse=True)
