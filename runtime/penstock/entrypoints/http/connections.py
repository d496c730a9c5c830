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
from dataclasses import dataclass, field

MOST = 1000
"""Connections at once where the process may open enough files for them."""
Open = dict[asyncio.BaseProtocol, asyncio.Transport]
"""Connections, the one that has waited longest first."""


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
    _waiting: Open = field(default_factory=Open, init=False, repr=False)
    _working: Open = field(default_factory=Open, init=False, repr=False)

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

    def working(self, one: asyncio.BaseProtocol) -> Working:
        """While its complete request is answered; after that it waits as the newest."""
        return Working(one, self._waiting, self._working)

    def _close_oldest(self) -> None:
        oldest = next(iter(self._waiting), None)
        if oldest is None:
            raise Full
        # Aborted, because a close waits until the other side has read the rest.
        self._waiting.pop(oldest).abort()


class Working:
    """
    While a connection's request is answered.

    A class of its own: `contextmanager` takes three times as long, in every request.
    """

    __slots__ = ("_one", "_waiting", "_working")

    def __init__(self, one: asyncio.BaseProtocol, waiting: Open, working: Open) -> None:
        self._one, self._waiting, self._working = one, waiting, working

    def __enter__(self) -> None:
        # Without a transport it was closed while its last bytes came in.
        if transport := self._waiting.pop(self._one, None):
            self._working[self._one] = transport

    def __exit__(self, *_: object) -> None:
        if transport := self._working.pop(self._one, None):
            self._waiting[self._one] = transport


def room() -> int:
    """
    How many connections this process may have open.

    Half of the files it may open: the rest is for gateways and AWS, and for the connections that
    are taken in before others are closed for them.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, files // 2))
