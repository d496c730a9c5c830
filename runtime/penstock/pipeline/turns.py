"""
Turns: how many entities of one gateway are looked at side by side, and when it is left alone.

A gateway that hangs does not hold up other gateways. One that says "later", or fails again and
again, is left alone for a while.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import structlog

from penstock.api.context import Clock
from penstock.errors import GatewayUnavailable, NotShownYet

SIDE_BY_SIDE = 8
"""Entities of one gateway at a time: after an outage thousands are due, and it has limits."""
FAILURES = 16
"""Turns in a row without an answer after which a gateway is left alone."""
ALONE = 60.0
"""Seconds for which it is left alone then, unless it names a time."""


def _rooms() -> defaultdict[str, asyncio.Semaphore]:
    return defaultdict(lambda: asyncio.Semaphore(SIDE_BY_SIDE))


@dataclass(slots=True)
class Turns:
    """The turns of one run, by the gateways' names."""

    clock: Clock
    _rooms: defaultdict[str, asyncio.Semaphore] = field(default_factory=_rooms)
    _failed: defaultdict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    _until: dict[str, float] = field(default_factory=dict[str, float])

    def room(self, gateway: str) -> asyncio.Semaphore:
        """The semaphore of the gateway: acquire it for a turn."""
        return self._rooms[gateway]

    def alone(self, gateway: str) -> float:
        """Seconds for which the gateway is left alone; 0 if it may be asked now."""
        return max(0.0, self._until.get(gateway, 0.0) - self.clock.monotonic())

    def note(self, gateway: str, failed: Exception | None) -> None:
        """Note how an entity's turn ended."""
        if not isinstance(failed, GatewayUnavailable | TimeoutError) or isinstance(
            failed, NotShownYet
        ):
            self._failed[gateway] = 0
            return
        self._failed[gateway] += 1
        named = failed.retry_after if isinstance(failed, GatewayUnavailable) else None
        if named is None and self._failed[gateway] < FAILURES:
            return
        if not self.alone(gateway):
            structlog.get_logger().warning(
                "sweep.gateway_left_alone",
                gateway=gateway,
                seconds=named or ALONE,
                because="it said so" if named else f"it did not answer {FAILURES} times in a row",
            )
        self._until[gateway] = self.clock.monotonic() + (named or ALONE)
