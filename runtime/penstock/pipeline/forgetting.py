"""Forget a payer: the one piece that erases names and e-mail addresses from the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.describe import unnamed
from penstock.domain.payment import Payment
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerConflict
from penstock.ports import Ledger

_WRITES = 10
"""Something else may change the entity at the same moment, but not for ever."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Forget:
    """
    Erases who paid from one entity and from its events. It may be repeated at any time.

    An entity's state is the one place that holds a name. Events of ledgers from before that was
    so hold it too, and are written anew without it.
    """

    ledger: Ledger
    clock: Clock
    ids: Ids

    async def __call__(self, entity: Payment | Subscription) -> bool:
        """
        Erase; says whether there was anything to erase.

        Raises:
            LedgerConflict: others keep writing the entity; try again.
        """
        erased = await self._state(entity)
        return await self._events(entity.ref) or erased

    async def _state(self, entity: Payment | Subscription) -> bool:
        for _ in range(_WRITES):
            decided = rules.forget(entity, now=self.clock.now(), new_id=self.ids.new)
            if decided is None:
                return False
            try:
                await self.ledger.commit(decided)
            except LedgerConflict:
                latest = await self.ledger.load(type(entity), entity.id)
                if latest is None:
                    raise
                entity = latest
            else:
                return True
        raise LedgerConflict("the entity is written by many others; try again")

    async def _events(self, ref: Ref) -> bool:
        erased, before = False, None
        while page := await self.ledger.history(ref, _PAGE, before):
            for event in page:
                without = unnamed(event)
                if without != event:
                    await self.ledger.rewrite(without)
                    erased = True
            before = page[-1].sequence
        return erased
