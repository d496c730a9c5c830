"""The simulator in a thread of its own, for callers that block."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from penstock_paypal.simulator.serving import Access, running

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class RunningPayPal:
    """
    A simulated PayPal that answers.

    Its methods block. An async test that receives webhooks itself calls the routes below
    `/_simulator/` with its own client instead, so that it can answer meanwhile.

    Attributes:
        access: its address, a client's id and secret, the webhook's id.
    """

    access: Access

    @property
    def url(self) -> str:
        """The API's address."""
        return self.access.url

    def tell(self, method: str, path: str, order: Any = None) -> Any:
        """
        Tell it what to do, below `/_simulator/`; its answer.

        Raises:
            urllib.error.HTTPError: it refuses the order.
        """
        request = urllib.request.Request(  # noqa: S310 - our own simulator
            f"{self.url}/_simulator/{path}",
            method=method,
            data=None if order is None else json.dumps(order).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
            return json.loads(answer.read() or b"null")

    def register(self, url: str, events: Sequence[str] = ("*",)) -> None:
        """Have webhooks about these events sent to that address, and to no other."""
        self.tell("PUT", "registration", {"url": url, "events": list(events)})

    def set_clock(self, ahead_seconds: float) -> None:
        """Set its clock ahead of this machine's; what became due is done before this returns."""
        self.tell("PUT", "clock", {"ahead_seconds": ahead_seconds})


@contextmanager
def threaded(folder: Path) -> Generator[RunningPayPal]:
    """Serve a simulator until the block ends; it keeps its keys in the folder."""
    told: Queue[Access | BaseException] = Queue()
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(folder, told, stop), daemon=True)
    thread.start()
    access = told.get(timeout=_PATIENCE)
    if isinstance(access, BaseException):
        raise access
    try:
        yield RunningPayPal(access)
    finally:
        stop.set()
        thread.join(_PATIENCE)


def _run(folder: Path, told: Queue[Access | BaseException], stop: threading.Event) -> None:
    async def serve() -> None:
        async with running(folder) as access:
            told.put(access)
            await asyncio.to_thread(stop.wait)

    try:
        asyncio.run(serve())
    except BaseException as exc:  # raised in the caller's thread
        told.put(exc)
