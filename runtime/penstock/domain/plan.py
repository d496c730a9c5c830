"""Plans: what a subscription costs, and how often."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from penstock.domain.money import Money


class IntervalUnit(StrEnum):
    """The units in which billing cycles are counted."""

    day = "day"
    week = "week"
    month = "month"
    year = "year"


@dataclass(frozen=True, slots=True)
class Interval:
    """How long one billing cycle lasts, such as 3 months."""

    unit: IntervalUnit
    count: int = 1

    def after(self, anchor: datetime, times: int = 1) -> datetime:
        """
        The moment that many intervals after the anchor.

        Months and years keep the anchor's day, or take the month's last day where it is shorter:
        from 31 January, one month is 28 February and two are 31 March.
        """
        steps = self.count * times
        match self.unit:
            case IntervalUnit.day:
                return anchor + timedelta(days=steps)
            case IntervalUnit.week:
                return anchor + timedelta(weeks=steps)
            case IntervalUnit.month:
                return _months_after(anchor, steps)
            case IntervalUnit.year:
                return _months_after(anchor, 12 * steps)


@dataclass(frozen=True, slots=True)
class BillingCycle:
    """
    Cycles of one price.

    Attributes:
        price: what one cycle costs; None where the gateway does not say.
        trial: whether it comes before the regular cycles.
        cycles: how many of them there are; 0 is without end.
    """

    interval: Interval
    price: Money | None = None
    trial: bool = False
    cycles: int = 0

    @property
    def free(self) -> bool:
        """Whether it is a trial that costs nothing; an unknown price is not free."""
        return self.trial and self.price is not None and self.price.minor == 0


class PlanStatus(StrEnum):
    """Whether a plan can be subscribed to: only an active one can."""

    created = "created"
    active = "active"
    inactive = "inactive"


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """
    A plan as the gateway offers it.

    Attributes:
        id: the gateway's own id of it.
        cycles: trials first, the regular cycles last.
        setup_fee: taken once, when the subscription begins.
    """

    id: str
    name: str
    status: PlanStatus
    cycles: tuple[BillingCycle, ...]
    description: str | None = None
    setup_fee: Money | None = None


def _months_after(anchor: datetime, months: int) -> datetime:
    place = anchor.year * 12 + anchor.month - 1 + months
    year, month = place // 12, place % 12 + 1
    day = min(anchor.day, calendar.monthrange(year, month)[1])
    return anchor.replace(year=year, month=month, day=day)
