"""What a gateway would complain about: two workers at one operation, a request sent blindly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.api.answers import NotFound, Unanswered
from penstock.simulation.process import Process

_MOVES = (
    "charge",
    "refund",
    "capture_checkout",
    "open_checkout",
    "create_subscription",
    "collect",
)
"""The calls that move money or open something; each request has the operation's id."""
_GATED = ("charge", "refund", "capture_checkout", "collect")
"""The calls that no restriction lets through."""
_KNOWN_AFTER = 90.0
"""
Seconds after which every host knows a restriction, and what it had begun before has ended.

The list is five seconds old at most, and a stage asks for it up to two slow calls earlier.
"""
_UNDER_WAY = 3.0
"""
Seconds for which nothing is sent again while a request has no answer.

A lease is five seconds longer than one message may take, and two hosts' clocks may differ by two.
"""


@dataclass
class Asked:
    """
    What was asked of a gateway for one operation.

    Attributes:
        by: who waits for an answer now.
        doubtful_since: when the request was sent that has no answer.
        looked_up: whether the gateway was asked about it since, and did not know it.
    """

    by: Process | None = None
    doubtful_since: float | None = None
    looked_up: bool = False


@dataclass
class Watch:
    """
    Looks at every call of every gateway.

    Attributes:
        restricted: since when each restriction is known to be in force, in the loop's time.
        faults: what was done that must not be done.
    """

    gateway: str = ""
    restricted: Mapping[str, float] = field(default_factory=dict[str, float])
    faults: list[str] = field(default_factory=list[str])
    _read: set[str] = field(default_factory=set[str])
    _asked: dict[str, Asked] = field(default_factory=dict[str, Asked])

    def over(self, gateway: Any, process: Process) -> None:
        """Watch a gateway of a process."""
        for name in _MOVES:
            if method := getattr(gateway, name, None):
                setattr(gateway, name, self._moving(name, method, process))
        if method := getattr(gateway, "look_up", None):
            gateway.look_up = self._looking(method)
        if method := getattr(gateway, "read_checkout", None):
            gateway.read_checkout = self._reading(method)

    def _moving(
        self, name: str, method: Callable[[Any], Awaitable[Any]], process: Process
    ) -> Callable[[Any], Awaitable[Any]]:
        async def call(request: Any) -> Any:
            what = f"{name} {request.operation_id}"
            asked = self._asked.setdefault(what, Asked())
            if name == "capture_checkout":
                asked.looked_up |= request.reference in self._read
                self._read.discard(request.reference)
            self._judge(what, asked)
            if name in _GATED:
                self._held(what, getattr(request, "payment_id", None))
            asked.by, asked.looked_up = process, False
            asked.doubtful_since = asyncio.get_running_loop().time()
            try:
                answer = await method(request)
                if not isinstance(answer, Unanswered):
                    asked.doubtful_since = None
            finally:
                asked.by = None
            return answer

        return call

    def _judge(self, what: str, asked: Asked) -> None:
        if asked.by is not None and asked.by.alive:
            self.faults.append(f"{what}: two workers at once")
        if asked.doubtful_since is None:
            return
        age = asyncio.get_running_loop().time() - asked.doubtful_since
        if age < _UNDER_WAY:
            self.faults.append(f"{what}: sent again after {age:.1f} s, the first has no answer")
        if what.startswith(("charge", "capture")) and not asked.looked_up:
            self.faults.append(f"{what}: sent again without a look-up")

    def _held(self, what: str, payment: str | None) -> None:
        for key in (f"payment#{payment}", f"gateway#{self.gateway}"):
            since = self.restricted.get(key)
            if since is not None and asyncio.get_running_loop().time() - since > _KNOWN_AFTER:
                self.faults.append(f"{what}: sent although {key} is restricted")

    def _reading(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(reference: str, *others: Any) -> Any:
            answer = await method(reference, *others)
            self._read.add(reference)
            return answer

        return call

    def _looking(self, method: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def call(request: Any) -> Any:
            answer = await method(request)
            if isinstance(answer, NotFound):
                self._asked.setdefault(f"charge {request.operation_id}", Asked()).looked_up = True
            return answer

        return call
