"""The ledger of a simulation."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.adapters.memory import MemoryLedger
from penstock.domain.change import AnyEntity
from penstock.domain.events import Event


class OpenLedger(MemoryLedger):
    """A ledger that can be looked through."""

    def entities(self) -> Sequence[AnyEntity]:
        """All of them."""
        return list(self._entities.values())

    def events_of(self, entity: AnyEntity) -> Sequence[Event]:
        """An entity's events, in order."""
        return self._told.get(entity.ref, ())
