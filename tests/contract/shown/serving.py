"""The house at an address, with all that the examples name, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import application
from tests.contract.shown import before
from tests.contract.shown.house import House, Visit, visiting
from tests.contract.shown.scenes import Before


@dataclass(frozen=True, slots=True)
class Served:
    """The server's address, and a token that it takes."""

    url: str
    token: str = field(repr=False)


async def everything(visit: Visit) -> None:
    """The payments of the examples, and a subscription whose buyer owes."""
    await before.owing(visit)
    await before.charged(visit)
    await visit.house.work()


@contextmanager
def serving_examples(has: Before = everything) -> Iterator[Served]:
    """
    Serve until the block ends.

    Args:
        has: makes what is there.
    """
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    made: list[Served] = []

    async def serve() -> None:
        house = House()
        async with visiting("functions", house) as visit:
            await has(visit)
        async with listening(application(house.platform), "127.0.0.1", 0) as url:
            made.append(Served(url, visit.token))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield made[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
