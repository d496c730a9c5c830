"""The plans that the simulated Example gateway sells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.api import BillingCycle, Interval, IntervalUnit, Money, PlanOffer, PlanStatus

_MONTH = Interval(IntervalUnit.month)
PLANS = (
    PlanOffer(
        "plan-monthly",
        "Monthly",
        PlanStatus.active,
        (BillingCycle(_MONTH, Money(1250, "USD")),),
        "Billed every month.",
    ),
    PlanOffer(
        "plan-trial",
        "Monthly, with a trial",
        PlanStatus.active,
        (
            BillingCycle(Interval(IntervalUnit.day, 7), Money(0, "USD"), trial=True, cycles=1),
            BillingCycle(_MONTH, Money(1500, "USD")),
        ),
        "Seven days free, then billed every month.",
    ),
    PlanOffer(
        "plan-yearly",
        "Yearly",
        PlanStatus.active,
        (BillingCycle(Interval(IntervalUnit.year), Money(12000, "USD")),),
        "Billed once a year.",
    ),
    PlanOffer(
        "plan-old",
        "Weekly, no longer sold",
        PlanStatus.inactive,
        (BillingCycle(Interval(IntervalUnit.week), Money(500, "USD")),),
    ),
)


def period(
    cycles: Sequence[BillingCycle], anchor: datetime, number: int
) -> tuple[BillingCycle, datetime] | None:
    """The price and the end of the billing period with that number; None after the last one."""
    for cycle in cycles:
        if not cycle.cycles or number < cycle.cycles:
            return cycle, cycle.interval.after(anchor, number + 1)
        number -= cycle.cycles
        anchor = cycle.interval.after(anchor, cycle.cycles)
    return None
