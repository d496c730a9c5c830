"""A FIFO topic in memory: each message to every subscribed queue whose filter lets it through."""

from __future__ import annotations

from collections.abc import Collection

from penstock.adapters.memory.recent import Recent
from penstock.api.context import Clock
from penstock.ports import Channel, Outgoing


class MemoryTopic:
    """A topic; its subscribers get what was sent after they subscribed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._subscribers: list[tuple[Channel, frozenset[str] | None]] = []
        self._recent = Recent()

    def subscribe(self, queue: Channel, types: Collection[str] | None = None) -> None:
        """Deliver to a queue, if `types` is given only messages whose attribute `type` is one."""
        self._subscribers.append((queue, None if types is None else frozenset(types)))

    async def send(self, message: Outgoing) -> None:
        """Hand the message on with its group, dedup id and attributes."""
        if self._recent.came(message.dedup, self._clock.now()):
            return
        for queue, types in self._subscribers:
            if types is None or message.attributes.get("type") in types:
                await queue.send(message)
