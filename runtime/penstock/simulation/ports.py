"""The world as one process sees it: every call of a port goes through the process's fate."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from penstock.api.context import Clock, GatewayUnavailable, Ids, Secrets
from penstock.bootstrap.memory import MemoryWorld
from penstock.errors import ChannelUnavailable, LedgerUnavailable, TransientError
from penstock.ports import Message
from penstock.simulation.process import Process

_DAY = 24 * 3600.0
IDLE = 7 * 24 * 3600.0
"""Seconds that a consumer waits for a message at a time: a shorter poll changes nothing."""


class Faulty:
    """One port; its coroutines raise what the port says it raises when there is no answer."""

    def __init__(
        self, port: Any, process: Process, error: Callable[[str], TransientError]
    ) -> None:
        self._port, self._process, self._error = port, process, error

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if inspect.iscoroutinefunction(found):
            found = self._faulty(found)
            # Found at once from now on: this is called some ten thousand times a seed.
            self.__dict__[name] = found
        return found

    def _faulty(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            return await self._process.call(lambda: method(*arguments, **named), self._error)

        return call


class FaultyInbox(Faulty):
    """A queue to consume; an empty one is waited at for longer, which saves steps."""

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Messages, once there are some."""
        waited = IDLE if wait else 0.0
        while self._process.alive:
            found: Sequence[Message] = await self._port.receive(limit, waited)
            if found:
                return await self._process.call(partial(_already, found), self._error)
            if not wait:
                return found
        raise asyncio.CancelledError


async def _already(found: Sequence[Message]) -> Sequence[Message]:
    return found


class HostClock:
    """
    A host's clock.

    Attributes:
        stretch: by how much schedules run too seldom; each runs once a day at least.
    """

    def __init__(self, clock: Clock, skew: float = 0.0) -> None:
        self._clock = clock
        self._skew = timedelta(seconds=skew)
        self.stretch = 1.0

    def now(self) -> Any:
        """The time, as this host has it."""
        return self._clock.now() + self._skew

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        if seconds >= 60:
            # No schedule runs less than once a day: a dead letter is kept for a fortnight only.
            seconds = max(seconds, min(seconds * self.stretch, _DAY))
        await asyncio.sleep(seconds)


class ProcessWorld:
    """A world's ports for one process."""

    def __init__(self, world: MemoryWorld, process: Process, clock: HostClock, http: Any) -> None:
        self._world, self._process = world, process
        self.clock: Clock = clock
        self.ids: Ids = world.ids
        self.http = self.public_http = http
        self.aws = world.aws
        self.ledger: Any = Faulty(world.ledger, process, LedgerUnavailable)
        self.attempts: Any = Faulty(world.attempts, process, LedgerUnavailable)
        self.tokens: Any = Faulty(world.tokens, process, LedgerUnavailable)
        self.audit: Any = Faulty(world.audit, process, LedgerUnavailable)
        self.answers: Any = Faulty(world.answers, process, LedgerUnavailable)
        self.watermarks: Any = Faulty(world.watermarks, process, LedgerUnavailable)
        self.restrictions: Any = Faulty(world.restrictions, process, LedgerUnavailable)

    def channel(self, name: str) -> Any:
        """A topic or queue to send to."""
        return Faulty(self._world.channel(name), self._process, ChannelUnavailable)

    def inbox(self, queue: str) -> Any:
        """A queue to consume."""
        return FaultyInbox(self._world.inbox(queue), self._process, ChannelUnavailable)

    def parked(self, queue: str) -> Any:
        """A queue's dead letters."""
        return Faulty(self._world.parked(queue), self._process, ChannelUnavailable)

    def secrets(self, plugin: str, apart: Sequence[str] = ()) -> Secrets:
        """A plugin's own secret."""
        kept = self._world.secrets(plugin, apart)
        faulty: Any = Faulty(kept, self._process, GatewayUnavailable)
        return faulty

    async def close(self) -> None:
        """Nothing is held."""
