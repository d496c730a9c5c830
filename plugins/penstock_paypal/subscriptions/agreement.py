"""An agreement: what PayPal had before subscriptions, with an id of the same form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.api import BillingCycle, Money, Plan, SubscriptionObservation, SubscriptionStatus
from penstock_paypal import payer, shapes
from penstock_paypal.subscriptions.plan import interval
from penstock_paypal.subscriptions.shown import Pages, UnknownSubscription, owed

AGREEMENT = "/v1/payments/billing-agreements/{}"
"""In no specification here; PayPal's answers link to it (`rel: self` of an Agreement)."""

_STATES: Mapping[str, SubscriptionStatus] = {
    "pending": SubscriptionStatus.approval_pending,
    "active": SubscriptionStatus.active,
    "reactivated": SubscriptionStatus.active,
    "suspended": SubscriptionStatus.suspended,
    "cancelled": SubscriptionStatus.cancelled,
    "canceled": SubscriptionStatus.cancelled,
    "expired": SubscriptionStatus.expired,
}


def observation(
    data: Mapping[str, Any], reference: str, pages: Pages, fallback: datetime
) -> SubscriptionObservation:
    """
    An agreement as PayPal holds it now.

    Raises:
        UnknownSubscription: its state is not known here.
        UnknownPlan: an interval that is not known here.
    """
    state = _STATES.get((shapes.text(data, "state") or "").lower())
    if state is None:
        raise UnknownSubscription("an agreement in a state that is not known here")
    plan, details = shapes.mapping(data.get("plan")), shapes.mapping(data.get("agreement_details"))
    currency = shapes.text(plan, "curr_code")
    named = shapes.text(plan, "id")
    return SubscriptionObservation(
        reference=reference,
        status=state,
        started_at=shapes.moment(data, "start_date") or fallback,
        plan=Plan(named, shapes.text(plan, "name")) if named else None,
        cycles=_cycles(plan, currency),
        subscriber=payer.of_v1(data),
        next_billing_at=shapes.moment(details, "next_billing_date"),
        last_paid_at=shapes.moment(details, "last_payment_date"),
        last_paid=_money(details.get("last_payment_amount"), currency),
        outstanding=owed(_money(details.get("outstanding_balance"), currency)),
        failures=shapes.count(details, "failed_payment_count") or 0,
        links=pages.links(reference, {}),
    )


def _cycles(plan: Mapping[str, Any], currency: str | None) -> tuple[BillingCycle, ...]:
    found = [
        BillingCycle(
            interval(shapes.text(one, "frequency"), shapes.count(one, "frequency_interval")),
            _money(shapes.at(one, "amount"), currency),
            (shapes.text(one, "type") or "").upper() == "TRIAL",
            shapes.count(one, "cycles") or 0,
        )
        for one in shapes.sequence(plan.get("payment_definitions"))
    ]
    return tuple(sorted(found, key=lambda one: not one.trial))


def _money(value: object, currency: str | None) -> Money | None:
    """An amount, in the plan's currency where it names none of its own."""
    number, own = shapes.written(value)
    return shapes.money({"value": number, "currency": own or currency})
