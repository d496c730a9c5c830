"""A gateway's list of notifications, followed as it grows; what the ledger lacks is fed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from penstock.api import History, Notification
from penstock.errors import GatewayUnavailable
from penstock.pipeline.fetched import send_fetched
from penstock.pipeline.gaps import OVERLAP, Gaps
from penstock.pipeline.windows import walk

_AHEAD = timedelta(minutes=1)
"""The gateway's clock may be ahead of ours."""
_LONGEST_WAIT = 60.0

Show = Callable[[Notification, bool], None]
"""Show a notification, and whether it was fed in: the ledger has the others already."""


@dataclass(slots=True)
class Listening:
    """
    Follows one gateway's list.

    Attributes:
        gaps: what compares the list with the ledger, as the gap detector does.
        since: notifications made before are left out.
        unanswered: called with the reason when the gateway gives no answer.
    """

    gaps: Gaps
    gateway: History
    since: datetime
    show: Show
    unanswered: Callable[[str], None]
    shown: int = 0
    fed: int = 0
    _seen: set[str] = field(default_factory=set[str])

    async def until(self, stop: asyncio.Event, every: float) -> None:
        """Ask every so many seconds until told to stop; an outage is waited for."""
        while not stop.is_set():
            wait = every
            try:
                await self.once()
            except GatewayUnavailable as exc:
                self.unanswered(str(exc))
                wait = min(max(exc.retry_after or 0, every), _LONGEST_WAIT)
            try:
                async with asyncio.timeout(wait):
                    await stop.wait()
            except TimeoutError:
                continue

    async def once(self) -> None:
        """
        Feed in and show what is new in the list, the oldest first.

        Raises:
            GatewayUnavailable: the gateway gave no answer; nothing new is forgotten.
            TransientError: the ledger or the queue gave none.
        """
        now = self.gaps.clock.now()
        # Gateways may write whole seconds only.
        begins = self.since.replace(microsecond=0)
        since = max(begins, now - OVERLAP).replace(microsecond=0)
        async with aclosing(walk(self.gateway, since, now + _AHEAD)) as windows:
            async for window in windows:
                new = [
                    one
                    for one in window.notifications
                    if one.id not in self._seen and one.occurred_at >= begins
                ]
                await self._feed(sorted(new, key=lambda one: one.occurred_at))

    async def _feed(self, new: list[Notification]) -> None:
        lacking = {one.id for one in await self.gaps.missing(new)}
        for one in new:
            if one.id in self._seen:
                continue
            if one.id in lacking:
                await send_fetched(self.gaps.verified, one)
                self.fed += 1
            self._seen.add(one.id)
            self.shown += 1
            self.show(one, one.id in lacking)
