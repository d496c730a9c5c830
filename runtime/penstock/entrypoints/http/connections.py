"""
The open connections of a server, limited to a fixed number.

    waits     no complete request yet, its body still comes, or the answer is being taken away
    works     its request is complete and is being answered

When a new one comes and there is no room, the one that has waited longest gives up its place. So
half request heads and slow bodies cannot keep others out, however many there are, and what is
being answered is never cut off. Only while every connection works is a new one refused.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

MOST = 1000
"""Connections at once where the process may open enough files for them."""


class Full(Exception):
    """All connections are in use: each is being answered."""


@dataclass(slots=True)
class Connections:
    """
    The connections of one server.

    Attributes:
        most: how many there may be at once.
    """

    most: int
    _waiting: dict[asyncio.BaseProtocol, asyncio.Transport] = field(
        default_factory=dict[asyncio.BaseProtocol, asyncio.Transport], init=False, repr=False
    )
    _working: dict[asyncio.BaseProtocol, asyncio.Transport] = field(
        default_factory=dict[asyncio.BaseProtocol, asyncio.Transport], init=False, repr=False
    )

    def __len__(self) -> int:
        return len(self._waiting) + len(self._working)

    def opened(self, one: asyncio.BaseProtocol, transport: asyncio.Transport) -> bool:
        """
        Accept a new connection. Returns whether an idle one was closed for it.

        Raises:
            Full: none may be closed.
        """
        full = len(self) >= self.most
        if full:
            self._close_oldest()
        self._waiting[one] = transport
        return full

    def closed(self, one: asyncio.BaseProtocol) -> None:
        """Forget a connection."""
        self._waiting.pop(one, None)
        self._working.pop(one, None)

    @contextmanager
    def working(self, one: asyncio.BaseProtocol) -> Generator[None]:
        """While its complete request is answered; after that it waits as the newest."""
        transport = self._waiting.pop(one, None)
        if transport is None:
            # It was closed while its last bytes came in.
            yield
            return
        self._working[one] = transport
        try:
            yield
        finally:
            if self._working.pop(one, None) is not None:
                self._waiting[one] = transport

    def _close_oldest(self) -> None:
        oldest = next(iter(self._waiting), None)
        if oldest is None:
            raise Full
        # Aborted, because a close waits until the other side has read the rest.
        self._waiting.pop(oldest).abort()


def room() -> int:
    """
    How many connections this process may have open.

    Half of the files it may open: the rest is for gateways and AWS, and for the connections that
    are taken in before others are closed for them.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, files // 2))
