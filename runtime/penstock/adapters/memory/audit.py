"""The audit trail in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

from penstock.domain.audit import Begun, Done, Entry
from penstock.errors import LedgerConflict
from penstock.ports import Place


class MemoryAudit:
    """Entries by place."""

    def __init__(self) -> None:
        self._entries: dict[Place, Entry] = {}

    async def begin(self, begun: Begun) -> None:
        """Write that a command begins."""
        entry = self._entries.setdefault(Place(begun.at, begun.id), Entry(begun))
        if entry.begun != begun:
            raise LedgerConflict("audit: another line has this place")

    async def finish(self, begun: Begun, done: Done) -> None:
        """Write how the command ended."""
        place = Place(begun.at, begun.id)
        entry = self._entries.get(place, Entry(begun))
        if entry.done not in (None, done):
            raise LedgerConflict("audit: another ending is written")
        self._entries[place] = Entry(entry.begun, done)

    async def of_day(self, day: date, limit: int, before: Place | None = None) -> Sequence[Entry]:
        """Entries that began on a day, newest first."""
        places = [one for one in self._entries if one.at.astimezone(UTC).date() == day]
        if before is not None:
            places = [one for one in places if (one.at, one.id) < (before.at, before.id)]
        places.sort(key=lambda one: (one.at, one.id), reverse=True)
        return [self._entries[one] for one in places[:limit]]
