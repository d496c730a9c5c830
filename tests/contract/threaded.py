"""What is served asynchronously, for tests that block: in a thread with a loop of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

from anyio.from_thread import start_blocking_portal

T = TypeVar("T")


@contextmanager
def threaded(serving: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """
    Serve until the block ends, and give what the asynchronous block gives.

    Raises:
        Exception: as the asynchronous block raises it, when it begins or when it ends.
    """
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving) as made:
        yield made
