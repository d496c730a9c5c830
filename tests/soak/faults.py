"""A world whose every port fails now and then, before or after it did its work."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from penstock.api import GatewayUnavailable
from penstock.errors import ChannelUnavailable, LedgerUnavailable


class JumpClock:
    """The time as the machine has it, and as far ahead as it was moved; sleepers notice."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self._ahead

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                return

    def jump(self, seconds: float) -> None:
        """Move ahead, and wake everything that waits for a time that has come by then."""
        self._ahead += seconds
        self._moved.set()
        self._moved = asyncio.Event()


@dataclass
class Chance:
    """
    When a port fails: seeded, so that a failure can be looked at again.

    Attributes:
        share: of all calls, half before they begin and half once they are done.
        injected: how many failed, by port.
    """

    random: Random
    share: float
    injected: dict[str, int] = field(default_factory=dict[str, int])

    def strikes(self, port: str) -> bool:
        if self.random.random() >= self.share / 2:
            return False
        self.injected[port] = self.injected.get(port, 0) + 1
        return True

    def heal(self) -> None:
        """Nothing fails from here on."""
        self.share = 0.0


class Faulty:
    """One port; its coroutines raise what the port says it raises when there is no answer."""

    def __init__(self, port: Any, name: str, chance: Chance, error: type[Exception]) -> None:
        self._port, self._name, self._chance, self._error = port, name, chance, error

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        return self._wrapped(found) if inspect.iscoroutinefunction(found) else found

    def _wrapped(self, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **named: Any) -> Any:
            if self._chance.strikes(self._name):
                raise self._error("injected: not begun")
            result = await work(*arguments, **named)
            if self._chance.strikes(self._name):
                raise self._error("injected: done, and the answer was lost")
            return result

        return call


class FaultyWorld:
    """Any world, with faults on its ledger, attempts, tokens, secrets, channels and inboxes."""

    def __init__(self, world: Any, chance: Chance) -> None:
        self._world, self._chance = world, chance
        self.ledger = Faulty(world.ledger, "ledger", chance, LedgerUnavailable)
        self.attempts = Faulty(world.attempts, "attempts", chance, LedgerUnavailable)
        self.tokens = Faulty(world.tokens, "tokens", chance, LedgerUnavailable)

    def channel(self, name: str) -> Any:
        return Faulty(self._world.channel(name), "channels", self._chance, ChannelUnavailable)

    def inbox(self, queue: str) -> Any:
        return Faulty(self._world.inbox(queue), "inboxes", self._chance, ChannelUnavailable)

    def secrets(self, plugin: str, apart: Sequence[str] = ()) -> Any:
        kept = self._world.secrets(plugin, apart)
        return Faulty(kept, "secrets", self._chance, GatewayUnavailable)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)
