"""Which entity holds an operation, by the operation's id alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from penstock.api.context import Clock
from penstock.domain.change import AnyEntity
from penstock.domain.events import EventType, kind_of
from penstock.domain.ref import EntityKind, Ref
from penstock.ports import Ledger
from penstock.queries.chosen import Chosen, chosen_events
from penstock.queries.walk import day, walk

_DUE = 1000
_AHEAD = timedelta(days=3650)
_AT_ONCE = 50
_HOLD = (EntityKind.payment, EntityKind.subscription)
_TYPES = {one.value: kind_of(one) for one in EventType if kind_of(one) in _HOLD}
"""The events of entities whose operations people resolve, and their kinds."""


@dataclass(frozen=True, slots=True)
class FindOperation:
    """
    No index holds operations. What is due is looked through, then payments that are new, then
    whatever had an event: a parked collection, and a parked refund of an old payment.
    """

    ledger: Ledger
    clock: Clock

    async def __call__(
        self, operation_id: str, days: int, progress: Callable[[int], None] = lambda done: None
    ) -> Ref | None:
        """
        The entity that holds the operation; None if none does among those looked through.

        Args:
            days: how far back payments are looked through, by when they were first seen, and
                events, by when they happened.
            progress: is told how many entities were looked at.

        Raises:
            LedgerUnavailable: the ledger gave no answer.
        """
        looked = set[Ref]()
        async with aclosing(self._candidates(days, looked)) as entities:
            async for entity in entities:
                looked.add(entity.ref)
                progress(len(looked))
                if entity.operation_by_id(operation_id) is not None:
                    return entity.ref
        return None

    async def _candidates(self, days: int, looked: Collection[Ref]) -> AsyncGenerator[AnyEntity]:
        now = self.clock.now()
        for ref in await self.ledger.due(now + _AHEAD, _DUE):
            entity = await self.ledger.find(ref)
            if entity is not None:
                yield entity
        sources = (day(self.ledger, now.date() - timedelta(days=back)) for back in range(days))
        async with aclosing(walk(self.ledger, sources, _AT_ONCE, None)) as payments:
            async for payment in payments:
                yield payment
        async with aclosing(
            chosen_events(self.ledger, Chosen(now - timedelta(days=days)))
        ) as events:
            async for event in events:
                kind = _TYPES.get(event.type)
                ref = Ref(kind, event.entity) if kind else None
                if ref is None or ref in looked:
                    continue
                entity = await self.ledger.find(ref)
                if entity is not None:
                    yield entity
