"""A subscription: what the gateway holds of it, and what the customer may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from penstock.domain.entity import Entity
from penstock.domain.money import Money
from penstock.domain.payment import Payer, Plan
from penstock.domain.plan import BillingCycle
from penstock.domain.ref import EntityKind


class SubscriptionStatus(StrEnum):
    """Where a subscription stands at the gateway."""

    approval_pending = "approval_pending"
    """The buyer has not approved it."""
    approved = "approved"
    active = "active"
    suspended = "suspended"
    cancelled = "cancelled"
    expired = "expired"


class Access(StrEnum):
    """Whether the customer is paid up; it follows money and free trials, never the status."""

    none = "none"
    """Nothing was paid yet."""
    trial = "trial"
    """In a free trial."""
    active = "active"
    grace = "grace"
    """The payment is due and has not come; access goes on for the days of grace."""
    ended = "ended"


class Standing(StrEnum):
    """What became of a payment's money, as far as access depends on it."""

    paid = "paid"
    refunded = "refunded"
    """All of the money went back."""
    charged_back = "charged_back"
    disputed = "disputed"
    """The money is there, and a dispute about it is open."""


@dataclass(frozen=True, slots=True)
class SubscriptionObservation:
    """
    A subscription as the gateway holds it now.

    Attributes:
        reference: the gateway's own id of it.
        started_at: when its first cycle begins.
        cycles: the billing cycles of its plan, trials first; empty where the gateway does not
            show them.
        status_at: since when it has its status, and `as_of` when the gateway last changed it.
        merchant_reference: the merchant's own reference (PayPal's `custom_id`).
        next_billing_at: when the next payment is due; None once there is none.
        last_paid_at: when the last payment came, and `last_paid` how much it was.
        outstanding: what the buyer owes from failed payments.
        failures: how many payments in a row failed, and `next_attempt_at` when the gateway
            tries again.
        links: where a person finds it or goes on, by name; `approve` is for the buyer alone.
    """

    reference: str
    status: SubscriptionStatus
    started_at: datetime
    plan: Plan | None = None
    cycles: tuple[BillingCycle, ...] = ()
    status_at: datetime | None = None
    as_of: datetime | None = None
    merchant_reference: str | None = None
    subscriber: Payer | None = None
    next_billing_at: datetime | None = None
    last_paid_at: datetime | None = None
    last_paid: Money | None = None
    outstanding: Money | None = None
    failures: int = 0
    next_attempt_at: datetime | None = None
    links: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Span:
    """
    Billing under one plan.

    Attributes:
        since: payments from that day on are for its cycles, which begin then.
    """

    since: datetime
    cycles: tuple[BillingCycle, ...]
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class PaidCycle:
    """
    A payment of the subscription.

    Attributes:
        payment: our id of it; empty for one that was made before we knew the subscription.
    """

    payment: str
    at: datetime
    standing: Standing = Standing.paid


@dataclass(frozen=True, slots=True)
class PlanChange:
    """
    A change of plan that we asked for, and that waits for the buyer.

    Attributes:
        plan: the gateway's id of the new plan.
        reason: why, in the merchant's words; published once the plan changes.
    """

    plan: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Entity):
    """
    A subscription as we know it; its id is `<gateway>-<the gateway's id>`.

    Attributes:
        seen: what the gateway shows of it.
        access: what the customer may use, as it was last published.
        paid_through: until when the payments that count have paid.
        trial_until: until when a free trial lasts.
        spans: the plans it was billed under, oldest first; at most 8.
        payments: the newest ones, by date; at most 24.
        told: the lifecycle facts that were published; at most 32.
        met_as: the fact that was true when we first saw it, and is therefore not published.
        asked: the change of plan that waits; the newest, if several were asked for.
        forgotten_at: since when the subscriber's name and e-mail address are erased.
    """

    kind: ClassVar[EntityKind] = EntityKind.subscription

    seen: SubscriptionObservation
    access: Access = Access.none
    paid_through: datetime | None = None
    trial_until: datetime | None = None
    spans: tuple[Span, ...] = ()
    payments: tuple[PaidCycle, ...] = ()
    told: tuple[str, ...] = ()
    met_as: str | None = None
    asked: PlanChange | None = None
    forgotten_at: datetime | None = None

    @property
    def status(self) -> SubscriptionStatus:
        """Where it stands at the gateway."""
        return self.seen.status


def subscription_id(gateway: str, reference: str) -> str:
    """Our id of a subscription, from the gateway's own."""
    return f"{gateway}-{reference}"
