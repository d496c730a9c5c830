"""A queue's dead letters in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from penstock.adapters.memory.queue import MemoryQueue
from penstock.domain.parked import renewed, sent_back
from penstock.ports import Message


@dataclass(frozen=True, slots=True)
class MemoryDeadLetters:
    """
    One dead-letter queue.

    Attributes:
        back: the queue that its messages came from, the only one that they go back to.
    """

    queue: MemoryQueue
    back: MemoryQueue

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages, waiting on the clock up to `wait` seconds for the first."""
        return await self.queue.receive(limit, wait)

    async def give_back(self, messages: Sequence[Message]) -> None:
        """Show messages again that were received and not handled."""
        await self.queue.postpone(messages, 0)

    async def send_back(self, message: Message) -> None:
        """Send a copy to the queue that the message came from."""
        self.back.copy(message, sent_back(message.attributes))

    async def renew(self, message: Message, first_parked_at: datetime) -> None:
        """Send a copy to this queue itself."""
        self.queue.copy(message, renewed(message.attributes, first_parked_at))

    async def delete(self, message: Message) -> None:
        """Forget a message; a stale receipt changes nothing."""
        await self.queue.delete(message)

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`."""
        return await self.queue.depth()
