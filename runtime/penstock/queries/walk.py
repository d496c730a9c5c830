"""Entities of listings, one after another, newest first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from datetime import date
from itertools import islice

from penstock.domain.change import AnyEntity
from penstock.domain.ref import Ref
from penstock.ports import Index, Ledger, Place

Source = Callable[[int, Place | None], Awaitable[Sequence[Sequence[Ref]]]]
"""A listing's entities after a place, at most so many; several lists are to be merged."""
_AHEAD = 8
"""How many sources are read side by side at most; each asks its shards side by side, too."""
_SIDE_BY_SIDE = 10
"""How many entities are loaded at once; a function has 16 connections to DynamoDB."""


def looked_up(ledger: Ledger, index: Index, values: Iterable[str]) -> Source:
    """The entities that an index finds under some values."""

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
    The entities of the sources as last committed, one source after another, newest first.

    Where sources hold little, several are read side by side: 31 empty days take six rounds.

    Args:
        size: how many are read at once.
        after: where to begin; only the first source has anything newer.
    """
    waiting, ahead = iter(sources), 1
    while batch := list(islice(waiting, ahead)):
        first = await asyncio.gather(*(source(size, after) for source in batch))
        held = sum(len(refs) for read in first for refs in read)
        ahead = 1 if held >= size else min(2 * ahead, _AHEAD)
        for source, read in zip(batch, first, strict=True):
            more = True
            while more:
                refs = [ref for one in read for ref in one]
                entities = await _load(ledger, refs)
                for entity in entities[:size]:
                    after = Place(entity.created_at, entity.id)
                    yield entity
                more = len(refs) >= size and bool(entities)
                if more:
                    read = await source(size, after)


async def _load(ledger: Ledger, refs: Sequence[Ref]) -> list[AnyEntity]:
    free = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(ref: Ref) -> AnyEntity | None:
        async with free:
            return await ledger.find(ref)

    found = [entity for entity in await asyncio.gather(*map(one, refs)) if entity is not None]
    return sorted(found, key=lambda entity: (entity.created_at, entity.id), reverse=True)
