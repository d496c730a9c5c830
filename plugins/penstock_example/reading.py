"""What the Example gateway writes, in our words: plans, subscriptions, payments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from penstock.api import (
    BillingCycle,
    Interval,
    IntervalUnit,
    Money,
    Observation,
    Payer,
    PaymentStatus,
    Plan,
    PlanOffer,
    PlanStatus,
    Response,
    SubscriptionObservation,
    SubscriptionStatus,
    Transaction,
)

IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What reading raises where a value is none of the gateway's."""


def object_of(response: Response) -> dict[str, Any] | None:
    """The JSON object in an answer; None where there is none."""
    try:
        read = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], read) if isinstance(read, dict) else None


def identity(value: object) -> str:
    """
    An id of the gateway's.

    Raises:
        ValueError: it does not look like one.
    """
    if not isinstance(value, str) or not IDENTITY.fullmatch(value):
        raise ValueError("not an id of the gateway's")
    return value


def address_of(value: object) -> str:
    """
    An address of a page.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise ValueError("not an address")
    return value


def moment(value: object) -> datetime:
    """
    A time with its zone.

    Raises:
        ValueError: it is none.
    """
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def plan_offer(raw: Mapping[str, Any]) -> PlanOffer:
    """A plan; raises one of `UNREADABLE` where it is none."""
    return PlanOffer(
        id=identity(raw["id"]),
        name=str(raw["name"]),
        status=PlanStatus(raw["status"]),
        cycles=_cycles(raw["cycles"]),
        description=_text(raw.get("description")),
        setup_fee=_money(raw.get("setup_fee")),
    )


def subscription(raw: Mapping[str, Any]) -> SubscriptionObservation:
    """A subscription; raises one of `UNREADABLE` where it is none."""
    last, buyer = raw.get("last_payment"), raw["subscriber"]
    approval = _text(raw.get("approval_url"))
    return SubscriptionObservation(
        reference=identity(raw["id"]),
        status=SubscriptionStatus(raw["status"]),
        started_at=moment(raw["started_at"]),
        plan=Plan(identity(raw["plan"]), _text(raw.get("plan_name"))),
        cycles=_cycles(raw["cycles"]),
        status_at=moment(raw["status_at"]),
        as_of=moment(raw["updated_at"]),
        merchant_reference=_text(raw.get("reference")),
        subscriber=Payer(name=_text(buyer.get("name")), email=_text(buyer.get("email"))),
        next_billing_at=_moment(raw.get("next_billing_at")),
        last_paid_at=moment(last["at"]) if last else None,
        last_paid=_money(last),
        outstanding=_money(raw.get("outstanding")),
        failures=int(raw.get("failures", 0)),
        next_attempt_at=_moment(raw.get("next_attempt_at")),
        links={"approve": approval} if approval else {},
    )


def payment(raw: Mapping[str, Any]) -> Observation:
    """A subscription's payment; raises one of `UNREADABLE` where it is none."""
    status = PaymentStatus(raw["status"])
    amount = Money(raw["minor"], raw["currency"])
    plan = raw.get("plan")
    return Observation(
        Transaction(identity(raw["id"]), "sale", status, amount, moment(raw["at"])),
        subscription=identity(raw["subscription"]),
        plan=Plan(identity(plan), _text(raw.get("plan_name"))) if plan else None,
        reference=_text(raw.get("reference")),
    )


def _cycles(raw: list[Mapping[str, Any]]) -> tuple[BillingCycle, ...]:
    return tuple(
        BillingCycle(
            Interval(IntervalUnit(one["unit"]), int(one["count"])),
            _money(one["price"]),
            trial=one["trial"] is True,
            cycles=int(one["cycles"]),
        )
        for one in raw
    )


def _money(raw: Mapping[str, Any] | None) -> Money | None:
    return Money(raw["minor"], raw["currency"]) if raw else None


def _moment(value: object) -> datetime | None:
    return moment(value) if value else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
