"""What was answered to operators' requests, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from penstock.errors import LedgerConflict
from penstock.ports import Asked


class MemoryAnswers:
    """The latest of each request, by its key."""

    def __init__(self) -> None:
        self._kept: dict[str, Asked] = {}

    async def claim(self, asked: Asked, now: datetime) -> Asked:
        """Claim a request, unless it is answered, another one, or claimed."""
        kept = self._kept.get(asked.key, asked)
        ended = kept.digest == asked.digest and kept.answer is None and kept.until <= now
        if ended:
            kept = replace(asked, meant=asked.meant if kept.meant is None else kept.meant)
        self._kept[asked.key] = kept
        return kept

    async def keep(self, asked: Asked) -> None:
        """Keep what has become of a claim."""
        if self._kept[asked.key].claim != asked.claim:
            raise LedgerConflict("another try works on the request")
        self._kept[asked.key] = asked
