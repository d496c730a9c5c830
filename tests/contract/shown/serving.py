"""The house at an address, with all that the examples name, in a thread of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager

from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import application
from tests.contract.serving import Served
from tests.contract.shown import before
from tests.contract.shown.house import House, Visit, visiting
from tests.contract.shown.scenes import Before
from tests.contract.threaded import threaded


async def everything(visit: Visit) -> None:
    """The payments of the examples, and a subscription whose buyer owes."""
    await before.owing(visit)
    await before.charged(visit)
    await visit.house.work()


def serving_examples(has: Before = everything) -> AbstractContextManager[Served]:
    """
    Serve until the block ends.

    Args:
        has: makes what is there.
    """
    return threaded(_serving(has))


@asynccontextmanager
async def _serving(has: Before) -> AsyncIterator[Served]:
    house = House()
    async with visiting("functions", house) as visit:
        await has(visit)
    async with listening(application(house.platform), "127.0.0.1", 0) as url:
        yield Served(url, visit.token)
