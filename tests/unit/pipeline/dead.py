"""A dead-letter queue with letters of all ages."""

import pytest

from penstock.adapters.memory import MemoryDeadLetters, MemoryQueue
from penstock.pipeline.renew import Renew
from penstock.ports import DeadLetters, Message, Outgoing
from penstock.testing.clock import FrozenClock

DAY = 24 * 3600


class Dead:
    """A queue's dead letters, on a clock of the test's own."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.queue = MemoryQueue(self.clock)
        self.source = MemoryQueue(self.clock, dead_letters=self.queue)
        self.letters = MemoryDeadLetters(self.queue, self.source)

    async def park(self, *bodies: str, group: str = "g") -> None:
        for body in bodies:
            await self.source.send(Outgoing(body, group, f"{group}-{body}"))
            (message,) = await self.source.receive(1, 0)
            await self.source.park(message, f"no {body}")
            await self.source.delete(message)

    async def renew(self, port: DeadLetters | None = None) -> int:
        """One run, and how many it renewed."""
        (looked,) = await Renew({"q": port or self.letters}, self.clock, patience=0)()
        return looked.renewed

    async def all(self) -> list[Message]:
        """What is there, without taking it."""
        found: list[Message] = []
        while batch := await self.queue.receive(10, 0):
            found += batch
        await self.queue.postpone(found, 0)
        return found

    async def bodies(self) -> list[str]:
        return [one.body for one in await self.all()]


@pytest.fixture
def dead() -> Dead:
    return Dead()
