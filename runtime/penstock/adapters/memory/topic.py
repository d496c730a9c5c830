"""A FIFO topic in memory: each message to every subscribed queue whose filter lets it through."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from penstock.adapters.memory.fifo import DEDUP_WINDOW
from penstock.api.context import Clock
from penstock.ports import Channel, Outgoing


class MemoryTopic:
    """A topic; its subscribers get what was sent after they subscribed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._subscribers: list[tuple[Channel, frozenset[str] | None]] = []
        self._recent: dict[str, datetime] = {}

    def subscribe(self, queue: Channel, types: Collection[str] | None = None) -> None:
        """Deliver to a queue, if `types` is given only messages whose attribute `type` is one."""
        self._subscribers.append((queue, None if types is None else frozenset(types)))

    async def send(self, message: Outgoing) -> None:
        """Hand the message on with its group, dedup id and attributes."""
        now = self._clock.now()
        horizon = now - DEDUP_WINDOW
        self._recent = {key: at for key, at in self._recent.items() if at > horizon}
        if message.dedup in self._recent:
            return
        self._recent[message.dedup] = now
        for queue, types in self._subscribers:
            if types is None or message.attributes.get("type") in types:
                await queue.send(message)
