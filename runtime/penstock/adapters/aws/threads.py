"""A bounded pool of threads behind async: boto3 blocks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """
    At most `size` blocking calls side by side; the others wait their turn.

    Nothing is started before the first call.
    """

    def __init__(self, size: int, name: str = "aws") -> None:
        self.size = size
        self._name = name
        self._pool: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in a thread. If the caller is cancelled, work that began still ends."""
        return await asyncio.get_running_loop().run_in_executor(self._started(), work)

    def close(self) -> None:
        """Take no more work; what is under way still ends."""
        with self._starting:
            if self._pool:
                self._pool.shutdown(wait=False, cancel_futures=True)

    def _started(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.size, thread_name_prefix=self._name)
            return self._pool
