"""A plugin's secret, kept for a while, wherever it is read from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from penstock.api.context import Clock, Secret
from penstock.errors import GatewayUnavailable

KEPT = timedelta(minutes=5)
BETWEEN_LOOKS = timedelta(minutes=1)


class KeptSecrets:
    """
    One read for all simultaneous callers, kept for five minutes.

    Args:
        read: reads the secret where it lives; raises GatewayUnavailable when it cannot.
    """

    def __init__(self, read: Callable[[], Awaitable[Secret]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._known: Secret | None = None
        self._read_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def get(self) -> Secret:
        """
        The secret as it was last read.

        Raises:
            GatewayUnavailable: it could not be read.
        """
        # Written out for speed: each delivery asks, and the value is nearly always kept.
        if self._known and self._read_at and self._clock.now() - self._read_at < KEPT:
            return self._known
        async with self._looking:
            # A caller that waited for the lock finds what the first one read.
            return self._within(KEPT, self._read_at) or await self._look()

    async def refresh(self) -> Secret:
        """
        Read the secret again, unless it was read less than a minute ago.

        Raises:
            GatewayUnavailable: it could not be read, now or less than a minute ago. The kept value
                must not stand for the unread one: it would fail for good.
        """
        async with self._looking:
            known = self._within(BETWEEN_LOOKS, self._looked_at)
            if known is None:
                return await self._look()
            if self._read_at != self._looked_at:
                raise GatewayUnavailable("the secret could not be read a moment ago")
            return known

    def _within(self, interval: timedelta, since: datetime | None) -> Secret | None:
        young = since is not None and self._clock.now() - since < interval
        return self._known if young else None

    async def _look(self) -> Secret:
        # Noted before the read: a read that fails counts, too.
        self._looked_at = self._clock.now()
        self._known = await self._read()
        self._read_at = self._looked_at
        return self._known
