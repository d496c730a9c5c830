"""Virtual time: an event loop that never waits, and the clock that shows its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Stalled(Exception):
    """Everything waits, and nothing will ever wake it."""


class VirtualLoop(asyncio.BaseEventLoop):
    """
    A loop whose time jumps to whatever is due next.

    There are no sockets, no threads and no signals, so the order of its steps depends on nothing
    but what the program does. A day takes as long as what happens on it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._time = 0.0
        # What the base class asks of a selector is `select` only.
        self._selector = self
        # What is due within it is due now: less than a float's step after a year would never be.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._time

    def select(self, timeout: float | None) -> Sequence[object]:
        """
        Be where something is due; nothing comes from outside.

        Raises:
            Stalled: nothing is due ever.
        """
        if timeout is None:
            raise Stalled("every task waits for something that nothing will cause")
        self._time += timeout
        return ()

    def _process_events(self, event_list: Sequence[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody waits in a selector to be woken."""


class VirtualClock:
    """
    A loop's time as a port.

    Args:
        skew: by how many seconds a host's clock is wrong.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, skew: float = 0.0) -> None:
        self._loop = loop
        self._skew = timedelta(seconds=skew)

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return BEGIN + timedelta(seconds=self._loop.time()) + self._skew

    def monotonic(self) -> float:
        """Seconds since the loop began."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait, in virtual time."""
        await asyncio.sleep(seconds)
