"""PayPal's clock: moving it forward plays what falls due on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.renewals import Due, soonest
from penstock_paypal.simulator.books import Books


class Schedule(Protocol):
    """Knows what falls due."""

    def first(self, until: datetime) -> Due | None:
        """The first thing that is due by then."""
        ...


class Clock:
    """
    Moves PayPal's time.

    While something is played the clock stands at the time at which it fell due, and its events
    are sent before the next thing is played: a reader of the API then sees that moment.
    """

    def __init__(self, books: Books, schedules: Sequence[Schedule], news: News) -> None:
        self._books = books
        self._schedules = schedules
        self._news = news
        self._moving = asyncio.Lock()

    async def move(self, ahead: timedelta) -> None:
        """Set it ahead of this machine's; moving it back plays nothing."""
        async with self._moving:
            await self._news.release()
            until = self._books.machine() + ahead
            try:
                while (due := self._first(until)) is not None:
                    self._books.standing = due.at
                    due.play()
                    await self._news.send()
            finally:
                self._books.standing = None
                self._books.ahead = ahead

    def _first(self, until: datetime) -> Due | None:
        found = (one.first(until) for one in self._schedules)
        return soonest((one for one in found if one is not None), until)
