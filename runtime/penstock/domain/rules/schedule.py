"""Billing cycles: which one a payment is for, and when it ends. Pure arithmetic on dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from penstock.domain.plan import BillingCycle, IntervalUnit
from penstock.domain.subscription import Span

_MOST = 20_000
"""Cycles of a price without an end: 50 years of days."""
_LONGEST = {
    IntervalUnit.day: timedelta(days=1),
    IntervalUnit.week: timedelta(days=7),
    IntervalUnit.month: timedelta(days=31),
    IntervalUnit.year: timedelta(days=366),
}
_LAST_YEAR = 9000
"""`datetime` ends in the year 9999."""
_EARLY_AT_LEAST, _EARLY_AT_MOST = timedelta(hours=22), timedelta(days=4)
"""How long before its cycle begins a payment may be taken; see `period_of`."""


@dataclass(frozen=True, slots=True)
class Period:
    """
    One billing cycle of a subscription.

    Attributes:
        first: whether it is the first cycle of its span.
    """

    begins: datetime
    ends: datetime
    cycle: BillingCycle
    first: bool


def period_of(spans: Sequence[Span], paid_at: datetime) -> Period | None:
    """
    The cycle that a payment of that moment is for; None where no cycle is known.

    Gateways count days in a time zone of their own and take renewals at an hour of their own
    (PayPal at 10:00 UTC; its days seem to end in California). A renewal may therefore come 22
    hours before the cycle begins by our reckoning in UTC, and 4 days where months are of
    different lengths: signed up on 1 March in UTC, on 28 February there. So a payment late in a
    cycle, in its last quarter and in its last 4 days, is for the next one.

    A free trial after the cycle is covered, too: nothing else will be paid for it. `first` is
    only true of the first cycle of all.
    """
    span = span_at(spans, paid_at)
    if span is None:
        return None
    found = None
    for period in _periods(span, near=paid_at):
        if found is None or period.begins - paid_at <= _early(found):
            found = period
        elif period.cycle.free:
            found = replace(found, ends=period.ends)
        else:
            break
    return found if span is spans[0] or not found else replace(found, first=False)


def _early(before: Period) -> timedelta:
    """How long before the end of a cycle a payment may be taken for the next one."""
    quarter = (before.ends - before.begins) / 4
    return min(max(quarter, _EARLY_AT_LEAST), _EARLY_AT_MOST)


def free_until(spans: Sequence[Span]) -> datetime | None:
    """When the free trial at the beginning ends; None without one."""
    ends = None
    for period in _periods(spans[0]) if spans else ():
        if not period.cycle.free:
            break
        ends = period.ends
    return ends


def span_at(spans: Sequence[Span], paid_at: datetime) -> Span | None:
    """The span that a payment of that moment is for; the first one if it came before all."""
    known = [span for span in spans if span.since.date() <= paid_at.date()]
    return known[-1] if known else next(iter(spans), None)


def _periods(span: Span, near: datetime | None = None) -> Iterator[Period]:
    """
    The cycles of a span, in order.

    Args:
        near: leave out cycles long before that moment: a daily plan has thousands in ten years.
    """
    anchor = span.since
    for cycle in span.cycles:
        # A trial without an end would hide the regular cycles; PayPal has none (1 to 999).
        for number in range(_passed(cycle, anchor, near), cycle.cycles or _MOST):
            begins = cycle.interval.after(anchor, number)
            if begins.year > _LAST_YEAR:
                return
            ends = cycle.interval.after(anchor, number + 1)
            yield Period(begins, ends, cycle, begins == span.since)
        if cycle.cycles:
            anchor = cycle.interval.after(anchor, cycle.cycles)


def _passed(cycle: BillingCycle, anchor: datetime, near: datetime | None) -> int:
    """How many of its cycles are over for certain; never all of them."""
    if near is None:
        return 0
    longest = _LONGEST[cycle.interval.unit] * cycle.interval.count
    return min(max(near - anchor, timedelta()) // longest, (cycle.cycles or _MOST) - 1)
