"""The world's clock on virtual time: the simulation's loop, whose waits take no time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from penstock.simulation.loop import VirtualLoop
from penstock.testing.clock import NOON, FrozenClock

T = TypeVar("T")


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
