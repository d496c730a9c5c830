"""When billing cycles begin: PayPal bills at 10:00 UTC (`next_billing_time` of real payloads)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from penstock_paypal import shapes

_BILLED_AT = time(10, tzinfo=UTC)
CAPS = {"DAY": 365, "WEEK": 52, "MONTH": 12, "YEAR": 1}
"""The longest interval in each unit (billing_subscriptions_v1, frequency)."""


def after(start: datetime, cycle: Mapping[str, Any], periods: int) -> datetime:
    """
    When so many periods of a plan's billing cycle have passed since the start.

    Months are counted from the start, so that the 31st stays the 31st where there is one.
    """
    unit = shapes.at(cycle, "frequency", "interval_unit")
    count = int(shapes.at(cycle, "frequency", "interval_count") or 1) * periods
    day = start.date()
    if unit in ("MONTH", "YEAR"):
        day = _months(day, count * (12 if unit == "YEAR" else 1))
    else:
        day += timedelta(days=count * (7 if unit == "WEEK" else 1))
    return billed_on(day)


def billed_on(day: date) -> datetime:
    """The moment of that day at which PayPal bills."""
    return datetime.combine(day, _BILLED_AT)


def final_payment(start: datetime, cycles: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When the last of the cycles is billed; None if they never end."""
    last = None
    for cycle in cycles:
        total = int(cycle.get("total_cycles", 1))
        if not total:
            return None
        last = after(start, cycle, total - 1) if total > 1 else start
        start = after(start, cycle, total)
    return last


def _months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
