"""A sink with a schedule of its own, between its queue and an endpoint that answers as told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from penstock.adapters.memory import MemoryAttempts, MemoryDeadLetters, MemoryQueue
from penstock.api import Attempt, Delivered, Delivering, Event, EventType, RetryAfter
from penstock.pipeline.batch import Backoff, Batch
from penstock.pipeline.deliver import Deliver
from penstock.pipeline.endpoint import Endpoint
from penstock.ports import Message, Outgoing
from penstock.testing.builders import event
from penstock.testing.clock import NOON, FrozenClock
from penstock_webhook.sink import RETRIES

DOWN = RetryAfter("the endpoint answered 503")
DAY = timedelta(days=1)


class Wire:
    """A sink whose endpoint answers as a test says."""

    name = "wire"
    retries = RETRIES

    def __init__(self) -> None:
        self.answer: Delivering = DOWN
        self.takes: tuple[str, ...] = ()
        self.had: list[str] = []
        self.meanwhile: dict[str, Callable[[], Awaitable[Any]]] = {}
        """By an event's id: what another worker does between its request and its answer."""

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        self.had.append(event.id)
        if event.id in self.meanwhile:
            await self.meanwhile.pop(event.id)()
        return Delivered() if event.id in self.takes else self.answer


class Timed(MemoryQueue):
    """A queue that knows when what was postponed comes back."""

    def __init__(self, clock: FrozenClock, dead_letters: MemoryQueue) -> None:
        super().__init__(clock, dead_letters=dead_letters)
        self._back: set[datetime] = set()
        self._now = clock.now

    async def postpone(self, messages: Sequence[Message], delay: float) -> None:
        self._back.add(self._now() + timedelta(seconds=delay))
        await super().postpone(messages, delay)

    def next_back(self, end: datetime) -> datetime:
        """When the next message comes back; `end` if none does before."""
        self._back = {one for one in self._back if one > self._now()}
        return min([*self._back, end])


@dataclass
class Scene:
    """One sink's queue, its dead letters, and the stage between it and the sink."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    wire: Wire = field(default_factory=Wire)
    attempts: MemoryAttempts = field(default_factory=MemoryAttempts)
    logs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dead = MemoryQueue(self.clock)
        self.queue = Timed(self.clock, self.dead)

    @property
    def letters(self) -> MemoryDeadLetters:
        return MemoryDeadLetters(self.dead, self.queue)

    async def come(self, identity: str, entity: str = "pay-1", **attributes: str) -> None:
        """An event comes to the sink's queue."""
        told = event(EventType.payment_succeeded, id=identity, entity=entity)
        await self.queue.send(Outgoing(told.dumps(), entity, identity, attributes))

    async def work(self) -> list[str]:
        """Work on what is there now; the reason of each that was not delivered."""
        endpoint = Endpoint("wire", self.wire.retries, self.attempts, self.clock)
        stage = Deliver(self.wire, self.attempts, self.clock, endpoint=endpoint)
        batch = Batch("deliver", stage, self.queue, self.clock, Backoff(2, 900), 20)
        errors: list[str] = []
        with capture_logs() as lines:
            while messages := await self.queue.receive(10, 0):
                results = await batch.run(messages, lambda: 3600.0)
                for message, result in zip(messages, results, strict=True):
                    errors += [result.error] if result.error else []
                    if result.status != "retry":
                        await self.queue.delete(message)
        self.logs += [line["event"] for line in lines if line["event"].startswith("sink.")]
        return errors

    async def pass_by(self, time: timedelta) -> list[tuple[timedelta, list[str]]]:
        """Let time go by; when something was tried, and what was said."""
        end, tried = self.clock.now() + time, list[tuple[timedelta, list[str]]]()
        while self.clock.now() < end:
            before = len(self.wire.had)
            errors = await self.work()
            if len(self.wire.had) > before:
                tried.append((self.clock.now() - NOON, errors))
            self.clock.advance((self.queue.next_back(end) - self.clock.now()).total_seconds())
        return tried

    async def parked(self) -> list[str]:
        """The reasons of the dead letters, in order."""
        held = await self.dead.receive(10, 0)
        await self.letters.give_back(held)
        return [letter.attributes["reason"] for letter in held]

    async def redrive(self) -> None:
        """What `penstock dlq redrive --all` does."""
        for letter in await self.dead.receive(10, 0):
            await self.letters.send_back(letter)
            await self.dead.delete(letter)
