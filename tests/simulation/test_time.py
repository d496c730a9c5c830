"""Virtual time: it jumps, it is the same in each run, and it says when nothing can ever happen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from penstock.simulation.loop import BEGIN, Stalled, VirtualClock, VirtualLoop


def run(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def test_a_year_passes_at_once() -> None:
    async def year() -> float:
        await asyncio.sleep(365 * 86_400)
        return asyncio.get_running_loop().time()

    began = time.monotonic()

    assert 365 * 86_400 == pytest.approx(run(year()))
    assert time.monotonic() - began < 2


def test_the_clock_shows_the_loops_time_and_a_limit_ends_on_it() -> None:
    async def limited() -> float:
        clock = VirtualClock(asyncio.get_running_loop())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(20):
                await clock.sleep(400)
        return (clock.now() - BEGIN).total_seconds()

    assert 20 == pytest.approx(run(limited()))


def test_sleepers_wake_in_the_order_of_time() -> None:
    async def woken() -> list[int]:
        order: list[int] = []

        async def sleeper(seconds: int) -> None:
            await asyncio.sleep(seconds)
            order.append(seconds)

        await asyncio.gather(*(sleeper(n) for n in (3, 1, 2)))
        return order

    assert [1, 2, 3] == run(woken())


def test_a_wait_that_nothing_can_end_is_an_error() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stalled):
        run(stuck())
