"""A clock that stands still until the test moves it."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class FrozenClock:
    """
    Time under the test's control.

    A sleeper wakes once the test has advanced the clock that far, so nothing becomes due unless
    the test wants it.
    """

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._naps = 0
        self._fell_asleep = asyncio.Event()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds on this clock, for measuring how long something took."""
        return (self._now - NOON).total_seconds()

    def advance(self, seconds: float) -> None:
        """Let time pass: sleepers that are due wake as soon as the test awaits something."""
        self._now += timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            waking = heapq.heappop(self._sleepers)[2]
            if not waking.done():
                waking.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has advanced the clock that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waking = asyncio.get_running_loop().create_future()
        self._naps += 1
        heapq.heappush(
            self._sleepers, (self._now + timedelta(seconds=seconds), self._naps, waking)
        )
        self._fell_asleep.set()
        await waking

    async def asleep(self, sleepers: int = 1) -> None:
        """Wait until that many sleep on it: a task just started has not come so far yet."""
        while sum(not waking.done() for _, _, waking in self._sleepers) < sleepers:
            self._fell_asleep.clear()
            await self._fell_asleep.wait()


class LeapingClock(FrozenClock):
    """A clock that leaps to the end of every sleep, for code that waits alone."""

    async def sleep(self, seconds: float) -> None:
        """Leap to the end of the sleep."""
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
