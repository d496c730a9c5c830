"""The whole platform, once for all end-to-end tests: real zips on the emulator, own ports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from threading import Thread
from typing import TypeVar

import pytest

from local.emulator import PYTHON
from local.platform import platform, settings
from local.tokens import create_token
from local.workspace import Workspace
from tests.aws_models import read_once
from tests.e2e.world import World

read_once()

T = TypeVar("T")

# Short, so that outages take seconds here; the queues hide a message for six function timeouts.
_SHORT = {
    "backoffBaseSeconds": 1,
    "backoffCapSeconds": 1,
    "functionTimeoutSeconds": 11,
    "itemTimeoutSeconds": 5,
    "requestTimeoutSeconds": 4,
    "unknownAfterSeconds": 5,
}


@pytest.fixture(scope="session")
def _one_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if not PYTHON.exists():
        pytest.fail("the emulator is not installed: run `make setup`", pytrace=False)
    workspace = Workspace(tmp_path_factory.mktemp("platform"))
    with in_background(platform(workspace, settings() | _SHORT)) as running:
        yield World(running, asyncio.run(create_token(running, "e2e")))


@pytest.fixture
def world(_one_world: World) -> Iterator[World]:
    """The platform, and eyes to see what it did; every simulator behaves at the start."""
    yield _one_world
    _one_world.heal()


@contextmanager
def in_background(manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Enter it on a loop of its own, in a thread, so that any test may talk to it."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        entered = asyncio.run_coroutine_threadsafe(manager.__aenter__(), loop).result()
        try:
            yield entered
        finally:
            leaving = manager.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(leaving, loop).result()  # type: ignore[arg-type]
    finally:
        closing = loop.shutdown_default_executor()
        asyncio.run_coroutine_threadsafe(closing, loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
