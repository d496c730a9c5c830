"""
Subscriptions at Stripe, observed and never managed.

    GET subscriptions/{id}    with its customer and its newest invoice
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.api import (
    BillingCycle,
    Interval,
    IntervalUnit,
    Money,
    Payer,
    Plan,
    SubscriptionObservation,
    SubscriptionStatus,
    Unconfirmable,
)
from penstock_stripe import money, shapes
from penstock_stripe.client import Client
from penstock_stripe.notification import ended_at
from penstock_stripe.shown import page

_WHAT = "show subscription"
_EXPANDED = {"expand": ["customer", "latest_invoice"]}
_A_DAY = timedelta(days=1)
_STATUS: Mapping[str, SubscriptionStatus] = {
    "incomplete": SubscriptionStatus.approval_pending,
    "trialing": SubscriptionStatus.active,
    "active": SubscriptionStatus.active,
    # Access follows money, so an unpaid period ends it whatever the status says.
    "past_due": SubscriptionStatus.active,
    "unpaid": SubscriptionStatus.suspended,
    "paused": SubscriptionStatus.suspended,
    "canceled": SubscriptionStatus.cancelled,
    "incomplete_expired": SubscriptionStatus.expired,
}


class ReadsSubscriptions:
    """Reads subscriptions."""

    _client: Client

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        """
        Read a subscription; None where Stripe knows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us, such as an unknown status.
        """
        if not shapes.ID.fullmatch(reference):
            return None
        answer = await self._client.get(f"subscriptions/{reference}", _WHAT, _EXPANDED)
        if answer.absent:
            return None
        if not answer.ok:
            raise answer.unread(_WHAT)
        status = _STATUS.get(shapes.text(answer.data, "status") or "")
        if status is None:
            raise Unconfirmable("a subscription in a status that is not known here")
        return _observation(answer.data, reference, status, now)


def _observation(
    shown: Mapping[str, Any], reference: str, status: SubscriptionStatus, now: datetime
) -> SubscriptionObservation:
    items, invoice = shapes.listed(shown, "items"), shapes.mapping(shown, "latest_invoice")
    ended = status in (SubscriptionStatus.cancelled, SubscriptionStatus.expired)
    # In flexible billing an end is set as a time, and the flag stays false
    # (docs.stripe.com/billing/subscriptions/billing-mode/compare).
    leaves, next_at = shapes.moment(shown, "cancel_at"), _period_ends(shown, items)
    scheduled = leaves is not None and next_at is not None and leaves <= next_at
    stops = ended or scheduled or shapes.at(shown, "cancel_at_period_end") is True
    paid, owed = shapes.text(invoice, "status") == "paid", _owed(invoice)
    price = shapes.mapping(next(iter(items), None), "price")
    plan = shapes.identity(price, "id")
    began = shapes.moment(shown, "start_date") or shapes.moment(shown, "created") or now
    last = _positive(money.read(invoice, "amount_paid")) if paid else None
    return SubscriptionObservation(
        reference=reference,
        status=status,
        started_at=began,
        plan=Plan(plan, shapes.text(price, "nickname")) if plan else None,
        cycles=_cycles(shown, items, began),
        status_at=ended_at(shown) if ended else None,
        merchant_reference=shapes.text(shown, "metadata", "reference"),
        subscriber=_subscriber(shown),
        next_billing_at=None if stops else next_at,
        last_paid_at=shapes.moment(invoice, "status_transitions", "paid_at") if last else None,
        last_paid=last,
        outstanding=owed,
        failures=(shapes.number(invoice, "attempt_count") or 0) if owed else 0,
        next_attempt_at=shapes.moment(invoice, "next_payment_attempt") if owed else None,
        links={"stripe": page(shown, f"subscriptions/{reference}")},
    )


def _cycles(
    shown: Mapping[str, Any], items: Sequence[Any], began: datetime
) -> tuple[BillingCycle, ...]:
    """A free trial, if it began with one, and the regular cycle; empty where items differ."""
    intervals = {one for item in items if (one := _interval(shapes.mapping(item, "price")))}
    if len(intervals) != 1:
        return ()
    regular = BillingCycle(intervals.pop(), _price(items))
    begins, ends = shapes.moment(shown, "trial_start"), shapes.moment(shown, "trial_end")
    if regular.price is None or begins is None or ends is None or begins - began >= _A_DAY:
        return (regular,)
    days = max(1, round((ends - began) / _A_DAY))
    free = Money(0, regular.price.currency)
    return (BillingCycle(Interval(IntervalUnit.day, days), free, trial=True, cycles=1), regular)


def _interval(price: Mapping[str, Any]) -> Interval | None:
    count = shapes.number(price, "recurring", "interval_count") or 1
    try:
        return Interval(IntervalUnit(shapes.text(price, "recurring", "interval") or ""), count)
    except ValueError:
        return None


def _price(items: Sequence[Any]) -> Money | None:
    """What all items cost in a cycle; None where Stripe does not say (tiers, usage)."""
    prices = [_of_item(item) for item in items]
    known = [one for one in prices if one is not None]
    if len(known) < len(prices) or len({one.currency for one in known}) != 1:
        return None
    return Money(sum(one.minor for one in known), known[0].currency)


def _of_item(item: Any) -> Money | None:
    each = money.read(shapes.mapping(item, "price"), "unit_amount")
    quantity = shapes.number(item, "quantity")
    return (
        Money(each.minor * (1 if quantity is None else quantity), each.currency) if each else None
    )


def _period_ends(shown: Mapping[str, Any], items: Sequence[Any]) -> datetime | None:
    """When the first item is billed next; versions before 2025 say it of the subscription."""
    ends = [at for item in items if (at := shapes.moment(item, "current_period_end"))]
    return min(ends, default=shapes.moment(shown, "current_period_end"))


def _owed(invoice: Mapping[str, Any]) -> Money | None:
    open_one = shapes.text(invoice, "status") == "open"
    return _positive(money.read(invoice, "amount_remaining")) if open_one else None


def _positive(amount: Money | None) -> Money | None:
    return amount if amount and amount.minor > 0 else None


def _subscriber(shown: Mapping[str, Any]) -> Payer | None:
    customer = shapes.at(shown, "customer")
    identity = shapes.identity(shown, "customer")
    if identity is None:
        return None
    return Payer(identity, shapes.text(customer, "name"), shapes.text(customer, "email"))
