"""A queue on the test bench."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from penstock.ports import Channel, DeadLetters, Inbox, Message, Outgoing

WAIT = 10.0
"""Seconds a receive may wait for what must come; it returns as soon as it has come."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Both ends of an empty FIFO queue, and its dead letters."""

    channel: Channel
    inbox: Inbox
    dead_letters: DeadLetters

    async def send(
        self,
        body: str,
        *,
        group: str = "g",
        dedup: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Send a message whose dedup id is its body, unless another is given."""
        await self.channel.send(Outgoing(body, group, dedup or body, attributes or {}))

    async def park(self, count: int, reason: str = "because") -> None:
        """Park that many of the messages that wait."""
        for message in await self.take(count):
            await self.inbox.park(message, reason)
            await self.inbox.delete(message)

    async def dead(self) -> list[Message]:
        """Receive the dead letters, waiting for the first."""
        return list(await self.dead_letters.receive(10, WAIT))

    async def take(self, count: int) -> list[Message]:
        """Receive that many messages, waiting for the first."""
        return list(await self.inbox.receive(count, WAIT))


OpenQueue = Callable[[int], Awaitable[Queue]]
"""Makes an empty queue with that visibility timeout, in seconds."""


def bodies(messages: Sequence[Message]) -> list[str]:
    """What the messages say, in their order."""
    return [message.body for message in messages]
