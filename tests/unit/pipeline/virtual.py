"""Virtual time: an event loop whose waits take no time, and a clock that reads it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from penstock.testing.clock import NOON, FrozenClock

T = TypeVar("T")


class _Leaping(selectors.DefaultSelector):  # type: ignore[misc,valid-type] - chosen at runtime
    """Leaps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now; the time has passed."""
        if timeout is None:
            raise RuntimeError("everything waits, and no timer would end it")
        self.seconds += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on which a wait is over at once, and `time()` says that it took its time."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._leaping.seconds


class VirtualClock(FrozenClock):
    """The clock of a virtual loop: it moves while something waits, and never stands still."""

    def now(self) -> datetime:
        """Noon, and as much later as the loop is old."""
        return NOON + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since the loop was made."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the loop."""
        await asyncio.sleep(seconds)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it on a loop of its own, which begins at noon."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
