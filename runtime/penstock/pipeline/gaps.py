"""
Gaps: the gateway's own list of notifications, compared with the ledger.

                  since      watermark - 1 h        watermark      now - 5 min
    the list ───────┼───────────────[────────────────────┼──────────────]
                    nothing older   compared again       compared first

What the ledger lacks is sent to the verified queue, as if its webhook had come. The watermark
moves to the newest notification that was compared, by a conditional write, after everything
missing was sent: a crash repeats the work, and repeating it changes nothing. It is a time of the
gateway's clock, so that a wrong clock of ours skips nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from penstock.api.context import Clock
from penstock.api.gateway import Gateway
from penstock.api.history import History
from penstock.domain.delivery import Notification
from penstock.domain.record import Record
from penstock.errors import PenstockError
from penstock.pipeline import notices
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.fetched import send_fetched
from penstock.pipeline.recording import record_id
from penstock.pipeline.windows import Window, walk
from penstock.ports import Channel, Inbox, Ledger, Watermark, Watermarks

UNDER_WAY = timedelta(minutes=5)
"""A notification younger than this may be on its way to us."""
OVERLAP = timedelta(hours=1)
"""A gateway may list a notification this late, and the next run still finds it."""
FAR = timedelta(days=3)
"""This late, `LOOK_BACK` still finds it; PayPal retries a webhook for as long."""
LOOK_BACK = timedelta(hours=6)
OVERDUE = timedelta(minutes=30)
"""A notification older than this should be in the ledger, whatever happened to its webhook."""
BACKLOG = 1000
"""Nothing is added to a verified queue with more messages: it may hold the same ones."""
_REMEMBERED = 20_000
_SIDE_BY_SIDE = 8


def _forever() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class Compared:
    """
    What one run did for one gateway.

    Attributes:
        listed: how many notifications it looked at, and `fetched` how many the ledger lacked.
        error: why the run did not reach the end.
    """

    gateway: str
    listed: int
    fetched: int
    error: str | None = None


class OutOfTime(Exception):
    """The host ends soon; the next run does the rest."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """
    The stage that finds the notifications whose webhooks were lost.

    Attributes:
        intake: the queues that a notification passes on its way into the ledger; verified last.
        item_timeout: seconds one part of the list may take.
    """

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    watermarks: Watermarks
    verified: Channel
    intake: Sequence[Inbox]
    clock: Clock
    item_timeout: float
    _known: dict[str, None] = field(default_factory=dict[str, None], repr=False)

    async def __call__(self, remaining: Callable[[], float] = _forever) -> list[Compared]:
        """
        Compare the list of each gateway that has one; a failure does not stop the others.

        Args:
            remaining: seconds until the host ends us.
        """
        listing = [one for one in self.gateways.values() if isinstance(one, History)]
        return [await self._tried(one.name, one, remaining) for one in listing]

    async def _tried(
        self, name: str, gateway: History, remaining: Callable[[], float]
    ) -> Compared:
        run = _Run(self, name, gateway, remaining)
        error = None
        try:
            await run.compare()
        except OutOfTime:
            error = "out of time: the next run goes on"
        except PenstockError as exc:
            error = f"{type(exc).__name__}: {exc}"
        except Exception as exc:
            # A bug met at one gateway: its text may hold a payload, so only the type is logged.
            error = f"unexpected {type(exc).__name__}"
            notices.stage_failed("gaps", exc)
        # Alarms count `gaps.failed`, by this name.
        tell = structlog.get_logger().warning if error else structlog.get_logger().info
        tell(
            "gaps.failed" if error else "gaps.finished",
            gateway=name,
            listed=run.listed,
            fetched=run.fetched,
            because=error,
        )
        return Compared(name, run.listed, run.fetched, error)

    async def missing(self, listed: Sequence[Notification]) -> list[Notification]:
        """The notifications that the ledger lacks."""
        room = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def lacking(one: Notification) -> Notification | None:
            name = record_id(one)
            if name in self._known:
                return None
            async with room:
                held = await self.ledger.load(Record, name)
            if held is None:
                return one
            self._remember(name)
            return None

        found = await asyncio.gather(*map(lacking, listed))
        return [one for one in found if one is not None]

    def _remember(self, name: str) -> None:
        # A record is never deleted, so what was seen once need not be read again.
        if len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[name] = None

    async def waiting(self) -> int:
        """How many messages are on their way into the ledger, approximately."""
        return sum([sum((await queue.depth()).values()) for queue in self.intake])


@dataclass(slots=True)
class _Run:
    """One run for one gateway."""

    gaps: Gaps
    name: str
    gateway: History
    remaining: Callable[[], float]
    listed: int = 0
    fetched: int = 0
    seen: set[str] = field(default_factory=set[str])

    async def compare(self) -> None:
        gaps, now = self.gaps, self.gaps.clock.now()
        mark = await gaps.watermarks.get(self.name)
        if mark is None:
            # Nothing older is fetched: a merchant's old payments must not be invoiced again.
            begins = now - UNDER_WAY
            await gaps.watermarks.move(self.name, None, Watermark(begins, begins, now))
            return
        if sum((await gaps.intake[-1].depth()).values()) > BACKLOG:
            notices.gaps_wait(self.name)
            return
        oldest = max(mark.since, now - self.gateway.listed_for)
        moved = await self._look(mark, max(mark.at - OVERLAP, oldest), now - UNDER_WAY)
        if moved is not None and _is_due(mark, now):
            await self._look_back(moved, mark.at - OVERLAP, oldest, now)

    async def _look(self, mark: Watermark, since: datetime, until: datetime) -> Watermark | None:
        """
        Compare what is new, then the hour before, so that a short run has seen what is new.

        Returns the watermark at its end; None if another run has moved it.
        """
        async with aclosing(self._compared(since, until, first=_second(mark.at))) as windows:
            async for window in windows:
                newest = max((_made(one, window) for one in window.notifications), default=mark.at)
                if newest <= mark.at:
                    continue
                moved = await self._move(mark, replace(mark, at=newest))
                if moved is None:
                    return None
                mark = moved
        return mark

    async def _look_back(
        self, mark: Watermark, until: datetime, oldest: datetime, now: datetime
    ) -> None:
        """Compare three days, in as many runs as it takes."""
        since = max(mark.looked_back_to or until + OVERLAP - FAR, oldest)
        async with aclosing(self._compared(since, until)) as windows:
            async for window in windows:
                moved = await self._move(mark, replace(mark, looked_back_to=window.until))
                if moved is None:
                    return
                mark = moved
        await self._move(mark, replace(mark, looked_back_at=now, looked_back_to=None))

    async def _move(self, mark: Watermark, to: Watermark) -> Watermark | None:
        return to if await self.gaps.watermarks.move(self.name, mark, to) else None

    async def _compared(
        self, since: datetime, until: datetime, first: datetime | None = None
    ) -> AsyncGenerator[Window]:
        """
        The parts of a span, each once its missing notifications were sent.

        Raises:
            OutOfTime: the host would not let the next part end.
        """
        since, until = _second(since), _second(until)
        if since >= until:
            return
        async with aclosing(walk(self.gateway, since, until, first)) as windows:
            async for window in windows:
                if self.remaining() <= self.gaps.item_timeout + MARGIN:
                    raise OutOfTime
                await self._fetch(window)
                yield window

    async def _fetch(self, window: Window) -> None:
        # What was made at the border of two windows is listed in both.
        new = [one for one in window.notifications if one.id not in self.seen]
        missing = await self.gaps.missing(new)
        self.listed += len(new)
        self.fetched += len(missing)
        if window.cut:
            notices.list_cut(self.name, window.since)
        late = self.gaps.clock.now() - OVERDUE
        overdue = [one for one in missing if one.occurred_at <= late]
        if overdue and len(overdue) > await self.gaps.waiting():
            for one in overdue:
                notices.webhook_missed(self.name, one.id, one.type)
        for one in missing:
            notices.webhook_fetched(self.name, one.id, one.type)
            await send_fetched(self.gaps.verified, one)
        self.seen.update(one.id for one in new)


def _is_due(mark: Watermark, now: datetime) -> bool:
    """Whether to look further back: to go on, or because the last look is old or in the future."""
    ago = now - mark.looked_back_at
    return mark.looked_back_to is not None or not timedelta() <= ago < LOOK_BACK


def _made(one: Notification, window: Window) -> datetime:
    """When it was made, limited to the span that listed it: the gateway's time may be wrong."""
    return min(max(one.occurred_at, window.since), window.until)


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
