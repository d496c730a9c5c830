"""Forget a payer: erases names and e-mail addresses from the ledger."""

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
"""Tries, each lost to another commit of the entity at the same moment."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Forget:
    """
    Erases the payer's name and e-mail address from one entity. Repeating it is safe.

    Only an entity's state holds a name. Events that older code wrote hold it too: they are
    rewritten without it.
    """

    ledger: Ledger
    clock: Clock
    ids: Ids

    async def __call__(self, entity: Payment | Subscription) -> bool:
        """
        Erase. Returns whether there was anything to erase.

        Raises:
            LedgerConflict: other workers keep writing the entity; try again.
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
        raise LedgerConflict("other workers keep writing the entity; try again")

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
