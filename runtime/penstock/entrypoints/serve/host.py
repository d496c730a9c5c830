"""`penstock serve`: the API, the queues' consumers, the sweep and the gap detector in one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from penstock.bootstrap import Platform
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import Answered, application, unheard
from penstock.entrypoints.serve.consume import consumers, gaps, renew, sweep


@asynccontextmanager
async def serving(
    platform: Platform,
    sinks: Sequence[str],
    *,
    host: str,
    port: int,
    answered: Answered = unheard,
) -> AsyncGenerator[str]:
    """
    Serve; yields the API's address. At the end, work that began is finished.

    Args:
        answered: called with each answer of the API.

    Raises:
        SettingsError, PluginError: something is missing or wrong; named before anything begins.
        OSError: the port is taken.
    """
    stop = asyncio.Event()
    works = [one.run() for one in consumers(platform, sinks, stop)]
    served = application(platform, answered=answered)
    tasks: list[asyncio.Task[None]] = []
    try:
        async with listening(served, host, port) as address:
            scheduled = (sweep(platform, stop), gaps(platform, stop), renew(platform, stop))
            tasks += [asyncio.create_task(work) for work in (*works, *scheduled)]
            try:
                yield address
            finally:
                stop.set()
        await asyncio.gather(*tasks)
    finally:
        for work in works[len(tasks) :]:
            work.close()
        await platform.world.close()


async def serve(
    platform: Platform,
    sinks: Sequence[str],
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
    answered: Answered = unheard,
) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends the process at once."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        told.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    async with serving(platform, sinks, host=host, port=port, answered=answered) as address:
        ready(address)
        await told.wait()
