"""
Retention: forgets the payers of payments that are older than the merchant keeps them.

    FIRST_DAY ──── forgotten ────[ watermark ]──── today - days ──── kept ────── today

A day is walked once, newest payment first, and the watermark moves when the day is done. A run
that was cut off repeats its day, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import structlog

from penstock.api.context import Clock
from penstock.domain import rules
from penstock.domain.payment import Payment
from penstock.domain.subscription import Subscription, subscription_id
from penstock.errors import LedgerConflict
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.forgetting import Forget
from penstock.ports import Ledger, Place, Watermark, Watermarks

FIRST_DAY = date(2026, 1, 1)
"""No ledger of Penstock is older."""
MARK = "~retention"
"""The watermark's name; no gateway's begins like this."""
_PAGE = 50
_EMPTY_DAYS = 31
"""Days looked at in one run: they may all be empty."""


def _forever() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class Retention:
    """
    The stage that erases payers' names and e-mail addresses after so many days.

    Attributes:
        days: how long they are kept; None keeps them.
        item_timeout: seconds one payment may take.
    """

    ledger: Ledger
    watermarks: Watermarks
    forget: Forget
    clock: Clock
    days: int | None
    item_timeout: float

    async def __call__(self, remaining: Callable[[], float] = _forever) -> int:
        """
        Go on where the last run ended. Returns of how many payments something was erased.

        Args:
            remaining: seconds until the host ends; no payment begins unless it can end.

        Raises:
            LedgerUnavailable: the ledger gives no answer; the next run goes on.
        """
        if self.days is None:
            return 0
        now = self.clock.now().astimezone(UTC)
        last = now.date() - timedelta(days=self.days + 1)
        mark = await self.watermarks.get(MARK)
        day = mark.at.date() + timedelta(days=1) if mark else FIRST_DAY
        erased = 0
        for _ in range(min((last - day).days + 1, _EMPTY_DAYS)):
            done, of_day = await self._day(day, remaining)
            erased += of_day
            ended = Watermark(_begin(day), _begin(FIRST_DAY), _begin(FIRST_DAY))
            if not done or not await self.watermarks.move(MARK, mark, ended):
                break
            mark, day = ended, day + timedelta(days=1)
        if erased:
            structlog.get_logger().info("retention.finished", payments=erased, day=str(day))
        return erased

    async def _day(self, day: date, remaining: Callable[[], float]) -> tuple[bool, int]:
        """Whether the day is done, and of how many of its payments something was erased."""
        erased, after = 0, None
        while refs := await self.ledger.of_day(day, _PAGE, after):
            reached = after
            for ref in refs:
                if remaining() <= self.item_timeout + MARGIN:
                    return False, erased
                payment = await self.ledger.load(Payment, ref.id)
                if payment is None:
                    continue
                after = Place(payment.created_at, payment.id)
                try:
                    erased += await self._payment(payment)
                except LedgerConflict:
                    # Another worker keeps writing it: the next run repeats the day.
                    return False, erased
            if after == reached:
                break
        return True, erased

    async def _payment(self, payment: Payment) -> bool:
        erased = await self.forget(payment)
        if payment.subscription is not None:
            identity = subscription_id(payment.gateway, payment.subscription)
            subscription = await self.ledger.load(Subscription, identity)
            # One that goes on needs its subscriber's name; its last payment comes by here, too.
            if subscription and rules.why_not_forget(subscription) is None:
                await self.forget(subscription)
        return erased


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
