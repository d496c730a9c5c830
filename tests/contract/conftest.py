"""`penstock serve --memory`, in a thread of its own, for tests that talk to a live port."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import structlog

from penstock.entrypoints.serve.host import serving
from penstock.entrypoints.serve.tryout import tryout


@dataclass
class Live:
    """A server that answers, and a token it takes."""

    url: str = ""
    token: str = field(default="", repr=False)
    simulators: Mapping[str, str] = field(default_factory=dict[str, str])
    failure: BaseException | None = None


@contextmanager
def logged_apart() -> Iterator[None]:
    """What is logged, and by loggers that are made meanwhile, is not on standard output."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))
    try:
        yield
    finally:
        structlog.configure(**before)


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """The API over the memory adapters, with consumers, sweep and simulators."""
    made, ready = Live(), threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with (
            tryout() as tried,
            serving(tried.platform, tried.sinks, host="127.0.0.1", port=tried.port) as url,
        ):
            made.url, made.token, made.simulators = url, tried.token, tried.simulators
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as exc:  # told to the test, which waits in another thread
            made.failure = exc
        finally:
            loop.close()
            ready.set()

    thread = threading.Thread(target=run, name="penstock-serve")
    try:
        # Its plugins keep their loggers, and a command's output may be standard output later.
        with logged_apart():
            thread.start()
            ready.wait(30)
        if made.failure is not None:
            raise made.failure
        yield made
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(30)
    if made.failure is not None:
        raise made.failure
