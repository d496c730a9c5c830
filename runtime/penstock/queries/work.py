"""
Work under way, and when it is tried next, as far as that is known.

    the ledger's `due` index ──► operations and events that the sweep takes up, and when
    payments of the last days ──► operations that a message of payments.fifo carries: SQS alone
                                  knows when it hands that message out again

Queues count notifications and events in backoff, but do not tell which they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.api.context import Clock
from penstock.domain.change import AnyEntity
from penstock.domain.entity import UNSENT_GRACE
from penstock.domain.operation import BY_MESSAGE, Operation, OperationKind, OperationState
from penstock.ports import Ledger
from penstock.queries.walk import day, walk

_AHEAD = timedelta(days=3650)
"""Everything that is due at all."""
_CARRIED = BY_MESSAGE | {OperationKind.charge}


@dataclass(frozen=True, slots=True)
class Work:
    """
    One operation, or one entity's unsent events, that is still open.

    Attributes:
        entity: `<kind>#<id>`.
        what: the operation's kind, or `events`.
        state: the operation's state; for events, how many are unsent.
        next_at: when the sweep takes it up; None while a message carries it.
        tried_at: when the entity last changed, mostly by the last try.
    """

    entity: str
    what: str
    state: str
    attempts: int
    because: str | None
    next_at: datetime | None
    tried_at: datetime


@dataclass(frozen=True, slots=True)
class FindWork:
    """`penstock queue work`."""

    ledger: Ledger
    clock: Clock

    async def due(self, limit: int) -> list[Work]:
        """
        The work of the sweep, soonest first.

        Raises:
            LedgerUnavailable: the ledger gave no answer.
        """
        refs = await self.ledger.due(self.clock.now() + _AHEAD, limit)
        entities = await asyncio.gather(*(self.ledger.find(ref) for ref in refs))
        found = [work for one in entities if one is not None for work in _due(one)]
        return sorted(found, key=lambda work: work.next_at or work.tried_at)

    async def carried(self, days: int, limit: int) -> list[Work]:
        """
        Operations of payments first seen within so many days that a message carries, newest first.

        Raises:
            LedgerUnavailable: the ledger gave no answer.
        """
        today = self.clock.now().date()
        sources = [day(self.ledger, today - timedelta(days=back)) for back in range(days)]
        found: list[Work] = []
        async with aclosing(walk(self.ledger, sources, 50, None)) as payments:
            async for payment in payments:
                found += _carried(payment)
                if len(found) >= limit:
                    break
        return found[:limit]


def _due(entity: AnyEntity) -> Iterator[Work]:
    for operation in entity.operations:
        if operation.open and operation.due_at is not None:
            yield _work(entity, operation)
    if entity.unsent and not entity.followed:
        left = entity.sequence - entity.published
        yield Work(
            str(entity.ref),
            "events",
            f"{left} not published",
            0,
            None,
            entity.updated_at + UNSENT_GRACE,
            entity.updated_at,
        )


def _carried(entity: AnyEntity) -> Sequence[Work]:
    waiting = (OperationState.reserved, OperationState.unknown)
    return [
        _work(entity, one)
        for one in entity.operations
        if one.kind in _CARRIED and one.state in waiting and one.due_at is None
    ]


def _work(entity: AnyEntity, operation: Operation) -> Work:
    return Work(
        str(entity.ref),
        operation.kind.value,
        operation.state.value,
        operation.attempts,
        operation.reason,
        operation.due_at,
        entity.updated_at,
    )
