"""A process that dies at one of its calls of the world, before or after the call's effect."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any


class Killed(BaseException):
    """The process is gone: no handler of ours may catch it."""


class Mortal:
    """Goes around every port of one process; once it died, no call of it has any effect."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._after = False
        self.dead = False

    def dies(self, calls: int, *, after: bool) -> None:
        """Die at that call from now on."""
        self._left, self._after = calls, after

    def lives(self) -> None:
        """Die at no call after all."""
        self._left = None

    def around(self, port: Any) -> Any:
        """The port; each of its coroutines is a call."""
        return _Around(port, self)

    async def call(self, work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if self.dead:
            raise Killed
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.dead = True
                if self._after:
                    await work(*args, **named)
                raise Killed
        return await work(*args, **named)


class _Around:
    """Its members are its own, as the checks of Protocols want them."""

    def __init__(self, port: Any, mortal: Mortal) -> None:
        for name in (one for one in dir(port) if not one.startswith("_")):
            member = getattr(port, name)
            calls = callable(member) and name != "read"
            setattr(self, name, partial(mortal.call, member) if calls else member)
