"""A subscription as the simulated Example gateway holds and shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from penstock.api import BillingCycle, Money, PlanOffer, SubscriptionStatus


@dataclass(slots=True)
class Held:
    """
    One subscription.

    Attributes:
        anchor: when its present plan's first period begins, and `number` which one runs.
        due_at: when the next period begins, or the failed payment is tried again.
        token: what its approval address ends with, until the buyer has decided.
        moving_to: the plan it moves to once the buyer approves.
        owed: the payment that failed.
        fails: whether its payments fail.
    """

    id: str
    plan: PlanOffer
    opened_at: datetime
    request: Mapping[str, Any] = field(repr=False)
    token: str | None = field(default=None, repr=False)
    moving_to: PlanOffer | None = None
    return_url: str = field(default="", repr=False)
    cancel_url: str = field(default="", repr=False)
    cycles: tuple[BillingCycle, ...] = ()
    status: SubscriptionStatus = SubscriptionStatus.approval_pending
    status_at: datetime = field(init=False)
    updated_at: datetime = field(init=False)
    started_at: datetime = field(init=False)
    anchor: datetime = field(init=False)
    number: int = 0
    due_at: datetime | None = None
    paid: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    owed: Money | None = None
    failures: int = 0
    fails: bool = False

    def __post_init__(self) -> None:
        self.cycles = self.plan.cycles
        self.status_at = self.updated_at = self.started_at = self.anchor = self.opened_at

    @property
    def active(self) -> bool:
        """Whether it is billed."""
        return self.status is SubscriptionStatus.active

    def become(self, status: SubscriptionStatus, now: datetime) -> None:
        """Have another status from now on."""
        self.status, self.status_at, self.updated_at = status, now, now

    def shown(self, approval_url: str | None = None) -> dict[str, Any]:
        """How the API shows it."""
        due = written(self.due_at) if self.due_at and self.active else None
        return {
            "id": self.id,
            "status": self.status.value,
            "plan": self.plan.id,
            "plan_name": self.plan.name,
            "cycles": [cycle_of(cycle) for cycle in self.plan.cycles],
            "reference": self.request["reference"],
            "subscriber": self.request["subscriber"],
            "started_at": written(self.started_at),
            "status_at": written(self.status_at),
            "updated_at": written(self.updated_at),
            "next_billing_at": due,
            "last_payment": self.paid[-1] if self.paid else None,
            "outstanding": money_of(self.owed) if self.owed else None,
            "failures": self.failures,
            "next_attempt_at": due if self.owed else None,
            "approval_url": approval_url,
        }


def offer(plan: PlanOffer) -> dict[str, Any]:
    """How the API shows a plan."""
    return {
        "id": plan.id,
        "name": plan.name,
        "status": plan.status.value,
        "description": plan.description,
        "cycles": [cycle_of(cycle) for cycle in plan.cycles],
        "setup_fee": None,
    }


def cycle_of(cycle: BillingCycle) -> dict[str, Any]:
    """How the API shows a billing cycle."""
    return {
        "unit": cycle.interval.unit.value,
        "count": cycle.interval.count,
        "price": money_of(cycle.price) if cycle.price else None,
        "trial": cycle.trial,
        "cycles": cycle.cycles,
    }


def money_of(money: Money) -> dict[str, Any]:
    """How the API shows an amount."""
    return {"minor": money.minor, "currency": money.currency}


def within(
    listed: Iterable[Mapping[str, Any]], at: str, request: web.Request
) -> list[Mapping[str, Any]]:
    """
    What happened in the span that a request asks for, by the field that holds its time.

    Raises:
        ValueError: the request names no such span.
    """
    span = request.query.get("since", ""), request.query.get("until", "")
    since, until = map(datetime.fromisoformat, span)
    return [one for one in listed if since <= datetime.fromisoformat(one[at]) <= until]


def written(at: datetime) -> str:
    """A time, to the second."""
    return at.isoformat(timespec="seconds")
