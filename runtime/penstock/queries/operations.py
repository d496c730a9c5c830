"""Which entity holds an operation, by the operation's id alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from penstock.api.context import Clock
from penstock.domain.change import AnyEntity
from penstock.domain.ref import Ref
from penstock.ports import Ledger
from penstock.queries.walk import day, walk

_DUE = 1000
_AHEAD = timedelta(days=3650)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class FindOperation:
    """
    No index holds operations: what is due is looked through, then payments, newest first.

    A subscription's parked collection is in neither: its subscription must be named.
    """

    ledger: Ledger
    clock: Clock

    async def __call__(
        self, operation_id: str, days: int, progress: Callable[[int], None] = lambda done: None
    ) -> Ref | None:
        """
        The entity that holds the operation; None if none does among those looked through.

        Args:
            days: how far back payments are looked through, by when they were first seen.
            progress: is told how many entities were looked at.

        Raises:
            LedgerUnavailable: the ledger gave no answer.
        """
        looked = 0
        async with aclosing(self._candidates(days)) as entities:
            async for entity in entities:
                looked += 1
                progress(looked)
                if entity.operation_by_id(operation_id) is not None:
                    return entity.ref
        return None

    async def _candidates(self, days: int) -> AsyncGenerator[AnyEntity]:
        now = self.clock.now()
        for ref in await self.ledger.due(now + _AHEAD, _DUE):
            entity = await self.ledger.find(ref)
            if entity is not None:
                yield entity
        sources = (day(self.ledger, now.date() - timedelta(days=back)) for back in range(days))
        async with aclosing(walk(self.ledger, sources, _AT_ONCE, None)) as payments:
            async for payment in payments:
                yield payment
