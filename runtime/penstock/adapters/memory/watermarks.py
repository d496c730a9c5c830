"""Watermarks in memory."""

from __future__ import annotations

from penstock.ports import Watermark


class MemoryWatermarks:
    """Watermarks by gateway."""

    def __init__(self) -> None:
        self._held: dict[str, Watermark] = {}

    async def get(self, gateway: str) -> Watermark | None:
        """The gateway's watermark; None before the first."""
        return self._held.get(gateway)

    async def move(self, gateway: str, known: Watermark | None, to: Watermark) -> bool:
        """Replace the known watermark. False if another writer replaced it before."""
        if self._held.get(gateway) != known:
            return False
        self._held[gateway] = to
        return True
