"""Plans and subscriptions as the API shows them: without the subscriber's e-mail address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from penstock.domain.plan import BillingCycle
from penstock.domain.rules import AccessPolicy, access_at, access_until
from penstock.domain.signup import SignUp
from penstock.domain.subscription import Access, Subscription, SubscriptionStatus
from penstock.entrypoints.http.views import asked_view, moment, money, present
from penstock.pipeline.collecting import collections
from penstock.pipeline.plans import Offer

APPROVE = "approve"
"""The name of a subscription's link where its buyer approves it."""
_OWN = (APPROVE, "self", "payments")


def plan_view(offer: Offer) -> dict[str, Any]:
    """A plan as `GET /plans` lists it (components/schemas/Plan)."""
    plan = offer.plan
    return present(
        {
            "provider": offer.gateway,
            "id": plan.id,
            "name": plan.name,
            "description": plan.description,
            "status": plan.status.value,
            "cycles": [_cycle(one) for one in plan.cycles],
            "setup_fee": money(plan.setup_fee) if plan.setup_fee else None,
        }
    )


def opened_view(sign_up: SignUp, known: Subscription | None, where: str) -> dict[str, Any]:
    """
    The answer of `POST /subscriptions` (components/schemas/SubscriptionOpened).

    Args:
        known: the subscription, if it was read already.
        where: it, as seen from the request that is answered.
    """
    status = known.status if known else SubscriptionStatus.approval_pending
    return {
        "id": sign_up.opened,
        "status": status.value,
        "approval_url": sign_up.approval_url,
        "links": {"self": where},
    }


def subscription_view(
    subscription: Subscription, where: str, payments: str, *, now: datetime, policy: AccessPolicy
) -> dict[str, Any]:
    """
    The subscription as `GET /subscriptions/{id}` answers it (components/schemas/Subscription).

    Args:
        where: it, as seen from the request that is answered; `payments` likewise.
        now: the moment for which its access is computed.
    """
    seen, plan, who = subscription.seen, subscription.seen.plan, subscription.seen.subscriber
    access = access_at(subscription, now, policy)
    until = access_until(subscription, policy)
    waits = subscription.status is SubscriptionStatus.approval_pending
    others = {name: url for name, url in seen.links.items() if name not in _OWN}
    return present(
        {
            "id": subscription.id,
            "provider": subscription.gateway,
            "status": subscription.status.value,
            "access": access.value,
            "summary": _summary(subscription, access, until),
            "paid_through": _moment(subscription.paid_through),
            "trial_until": _moment(subscription.trial_until),
            "access_until": _moment(until),
            "reference": seen.merchant_reference,
            "plan": present({"id": plan.id, "name": plan.name}) if plan else None,
            "subscriber": present({"reference": who.reference, "name": who.name}) or None
            if who
            else None,
            "next_billing_at": _moment(seen.next_billing_at),
            "outstanding": money(seen.outstanding) if seen.outstanding else None,
            "collections": [asked_view(one) for one in collections(subscription)] or None,
            "failures": seen.failures,
            "next_attempt_at": _moment(seen.next_attempt_at),
            "approval_url": seen.links.get(APPROVE) if waits else None,
            "links": {**others, "self": where, "payments": payments},
            "created_at": moment(subscription.created_at),
            "updated_at": moment(subscription.updated_at),
        }
    )


def _cycle(cycle: BillingCycle) -> dict[str, Any]:
    return present(
        {
            "interval": {"unit": cycle.interval.unit.value, "count": cycle.interval.count},
            "price": money(cycle.price) if cycle.price else None,
            "trial": cycle.trial,
            "cycles": cycle.cycles,
        }
    )


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at else None


def _summary(subscription: Subscription, access: Access, until: datetime | None) -> str:
    """Status and access in words: "cancelled, access until 1 April 2026, 11:58 UTC"."""
    status = subscription.status.value.replace("_", " ")
    match access:
        case Access.none:
            return f"{status}, nothing paid yet"
        case Access.ended:
            return f"{status}, access ended"
        case Access.grace:
            return f"{status}, payment due, access until {_words(until)}"
        case Access.trial:
            return f"{status}, free trial until {_words(subscription.trial_until)}"
        case Access.active:
            paid = _words(subscription.paid_through)
            renews = subscription.status is SubscriptionStatus.active
            return f"{status}, {'paid through' if renews else 'access until'} {paid}"


def _words(at: datetime | None) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC" if at else "an unknown time"
