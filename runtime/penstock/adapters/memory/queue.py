"""A FIFO queue in memory, both ends of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from penstock.adapters.memory.fifo import Fifo
from penstock.api.context import Clock
from penstock.domain.parked import parked
from penstock.ports import Message, Outgoing

MAX_ATTRIBUTES = 3


class MemoryQueue:
    """
    A queue that is its own Channel and Inbox.

    Args:
        visibility: how long a message that was handed out stays away.
        dead_letters: where `park` and the receive count move messages; a dead-letter queue and a
            terminal queue have none.
        max_receives: after that many receipts a message is dead-lettered unasked.
        kept_for: how long a message is kept that nobody deletes; None keeps it for ever.
        as_sent: whether consumers get what the sender sent; else its text, as SQS hands it out.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        visibility: timedelta = timedelta(seconds=180),
        dead_letters: MemoryQueue | None = None,
        max_receives: int = 200,
        kept_for: timedelta | None = None,
        as_sent: bool = False,
    ) -> None:
        self._clock = clock
        self._fifo = Fifo()
        self._visibility = visibility
        self._dead_letters = dead_letters
        self._max_receives = max_receives
        self._kept_for = kept_for
        self._as_sent = as_sent
        self._changed: asyncio.Event | None = None

    async def send(self, message: Outgoing) -> None:
        """Append a message; the same dedup id within five minutes is taken and dropped."""
        if len(message.attributes) > MAX_ATTRIBUTES:
            raise ValueError(f"at most {MAX_ATTRIBUTES} attributes")
        self._put(message)

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages, waiting on the clock up to `wait` seconds for the first."""
        until = self._clock.now() + timedelta(seconds=wait)
        while True:
            self._expire()
            self._give_up()
            now = self._clock.now()
            taken = self._fifo.take(min(limit, 10), now, self._visibility)
            if taken or now >= until:
                return taken
            wake = min(until, self._fifo.next_return(now) or until)
            await self._change_or((wake - now).total_seconds())

    async def delete(self, message: Message) -> None:
        """Forget a message that is done; a stale receipt changes nothing."""
        held = self._fifo.held(message.receipt, self._clock.now())
        if held and self._fifo.remove(held):
            self._wake()

    async def postpone(self, messages: Sequence[Message], delay: float) -> None:
        """Have messages come back after `delay` seconds."""
        now = self._clock.now()
        for message in messages:
            held = self._fifo.held(message.receipt, now)
            if held:
                self._fifo.postpone(held, now + timedelta(seconds=delay))
        self._wake()

    async def park(self, message: Message, reason: str) -> None:
        """Copy a message to the dead-letter queue with the reason."""
        if self._dead_letters is None:
            raise ValueError("this queue has no dead-letter queue")
        attributes = parked(message.attributes, reason, message.receives)
        self._dead_letters.copy(message, attributes)

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`."""
        self._expire()
        visible, out = self._fifo.count(self._clock.now())
        return {"visible": visible, "in_flight": out}

    def copy(self, message: Message, attributes: Mapping[str, str]) -> None:
        """Append a copy of another queue's message, or of our own; its dedup id is that one's."""
        self._put(Outgoing(message.content, message.group, message.id, attributes))

    async def purge(self) -> None:
        """Forget every message."""
        self._fifo.purge()
        self._wake()

    def _put(self, message: Outgoing) -> None:
        content = message.content if self._as_sent else message.body
        self._fifo.put(
            message.group, message.dedup, content, message.attributes, self._clock.now()
        )
        self._wake()

    def _give_up(self) -> None:
        if self._dead_letters is None:
            return
        now = self._clock.now()
        for entry in self._fifo.exhausted(self._max_receives, now):
            self._dead_letters._fifo.adopt(entry, now)
            self._dead_letters._wake()

    def _expire(self) -> None:
        if self._kept_for is not None:
            self._fifo.expire(self._clock.now() - self._kept_for)

    def _wake(self) -> None:
        # Those that wait hold the event they saw; the next to wait makes a new one.
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def _change_or(self, seconds: float) -> None:
        if self._changed is None or self._changed.is_set():
            self._changed = asyncio.Event()
        changed = self._changed
        asleep = asyncio.ensure_future(self._clock.sleep(seconds))
        # Others that wait for the same event look once more, and wait again.
        asleep.add_done_callback(lambda _: changed.set())
        try:
            await changed.wait()
        finally:
            asleep.cancel()
