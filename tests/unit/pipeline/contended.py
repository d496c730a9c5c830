"""A ledger that others write to at the same moment."""

from __future__ import annotations

from typing import Any

from penstock.domain.change import Change, change


class Contended:
    """
    The ledger of a world, in which somebody else writes the entity before our next commits.

    Args:
        world: has `ledger`, `clock` and `ids`.
        times: before how many commits of ours.

    Attributes:
        tries: how often we committed, or tried to.
    """

    def __init__(self, world: Any, times: int) -> None:
        self._world, self._left = world, times
        self.tries = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.ledger, name)

    async def commit(self, decided: Change[Any]) -> None:
        self.tries += 1
        if self._left:
            self._left -= 1
            world, held = self._world, await self._world.ledger.find(decided.entity.ref)
            await world.ledger.commit(
                change(held, held, now=world.clock.now(), new_id=world.ids.new)
            )
        await self._world.ledger.commit(decided)
