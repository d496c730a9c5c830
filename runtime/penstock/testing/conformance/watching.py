"""
What a plugin's own code does besides computing: clocks it reads, calls that block the event loop.

Python tells a profile function of every call of a C function; whoever makes it is read from the
frame. Nothing is replaced, so it holds for `from time import time`, too.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from types import FrameType
from typing import Any

_CLOCKS = {time.time: "time.time()", time.time_ns: "time.time_ns()"}
_OF_A_CLASS = ("now", "utcnow", "today")
_BLOCKING = {
    ("time", "sleep"),
    ("_socket", "getaddrinfo"),
    ("_socket", "gethostbyname"),
    ("_posixsubprocess", "fork_exec"),
    ("posix", "system"),
    ("posix", "posix_spawn"),
    ("posix", "waitpid"),
}
_OF_A_SOCKET = ("connect", "connect_ex", "accept", "recv", "recv_into", "send", "sendall")
_STAND_INS = ("simulator", "mock")
"""Modules of a plugin that run as somebody else."""


@dataclass(slots=True)
class Watched:
    """
    What was seen, each with the place in the plugin.

    Attributes:
        clocks: readings of the machine's clock, and waits that no test can shorten.
        blocking: calls that keep the event loop from turning.
    """

    packages: frozenset[str]
    clocks: list[str] = field(default_factory=list[str])
    blocking: list[str] = field(default_factory=list[str])

    def see(self, frame: FrameType, event: str, arg: Any) -> None:
        """Take down one call; Python calls this."""
        if event == "c_call":
            name = _clock(arg)
            if name and self._own(frame):
                self.clocks.append(f"{_place(frame)} reads {name}")
            name = _blocks(arg)
            if name and (caller := self._caller(frame)):
                self.blocking.append(f"{_place(caller)} calls {name}")
        elif event == "call" and frame.f_code is asyncio.sleep.__code__:
            waits = frame.f_back
            if waits is not None and self._own(waits) and frame.f_locals.get("delay"):
                self.clocks.append(f"{_place(waits)} waits with asyncio.sleep()")

    def _own(self, frame: FrameType) -> bool:
        parts = str(frame.f_globals.get("__name__", "")).split(".")
        return parts[0] in self.packages and not any(one in parts for one in _STAND_INS)

    def _caller(self, frame: FrameType | None) -> FrameType | None:
        """The plugin's frame that the call was made under; None where it was not."""
        while frame is not None and not self._own(frame):
            frame = frame.f_back
        return frame


class Watch:
    """
    Watches a plugin in each `with watch(plugin):`, and gathers what was seen.

    Args:
        modules: modules that belong to the plugin, besides the one of its class.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self.clocks: list[str] = []
        self.blocking: list[str] = []

    @contextmanager
    def __call__(self, plugin: object) -> Generator[None]:
        """Watch until the block ends."""
        with watched(plugin, *self._modules) as seen:
            yield
        self.clocks += seen.clocks
        self.blocking += seen.blocking


@contextmanager
def watched(plugin: object, *modules: str) -> Generator[Watched]:
    """
    Watch what the code of a plugin does in this thread until the block ends.

    Args:
        plugin: the gateway or sink.
        modules: other modules that belong to it.
    """
    names = (type(plugin).__module__, *modules)
    seen = Watched(frozenset(name.split(".")[0] for name in names))
    before = sys.getprofile()
    sys.setprofile(seen.see)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def _clock(called: Any) -> str:
    if called in _CLOCKS:
        return _CLOCKS[called]
    owner = getattr(called, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, date) and called.__name__ in _OF_A_CLASS:
        return f"{owner.__name__}.{called.__name__}()"
    return ""


def _blocks(called: Any) -> str:
    owner = getattr(called, "__self__", None)
    if isinstance(owner, socket.socket) and called.__name__ in _OF_A_SOCKET:
        # One without a timeout of zero waits for the other side.
        return f"socket.{called.__name__}()" if owner.gettimeout() != 0 else ""
    named = (getattr(called, "__module__", None), getattr(called, "__name__", ""))
    return f"{named[0]}.{named[1]}()" if named in _BLOCKING else ""


def _place(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__')}, line {frame.f_lineno},"
