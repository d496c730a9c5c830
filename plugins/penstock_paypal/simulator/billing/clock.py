"""PayPal's clock: moving it forward plays what falls due on the way."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.renewals import Renewals
from penstock_paypal.simulator.books import Books


class Clock:
    """
    Moves PayPal's time.

    While something is played the clock stands at the time at which it fell due, and its events
    are sent before the next thing is played: a reader of the API then sees that moment.
    """

    def __init__(self, books: Books, renewals: Renewals, news: News) -> None:
        self._books = books
        self._renewals = renewals
        self._news = news
        self._moving = asyncio.Lock()

    async def move(self, ahead: timedelta) -> None:
        """Set it ahead of this machine's; moving it back plays nothing."""
        async with self._moving:
            await self._news.release()
            until = self._books.machine() + ahead
            try:
                while (due := self._renewals.first(until)) is not None:
                    self._books.standing = due.at
                    due.play()
                    await self._news.send()
            finally:
                self._books.standing = None
                self._books.ahead = ahead
