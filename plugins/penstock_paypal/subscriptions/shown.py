"""A subscription as PayPal's API shows it, in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from penstock.api import (
    BillingCycle,
    Money,
    Plan,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock_paypal import payer, shapes
from penstock_paypal.subscriptions.approval import ForeignLink, approval_url


class UnknownSubscription(ValueError):
    """A subscription in a status that is not known here: waiting will not help."""


@dataclass(frozen=True, slots=True)
class Pages:
    """
    The pages about subscriptions.

    Attributes:
        merchant: the merchant's; the id is appended. Empty where there is none.
        wallet: where the buyer changes how they are paid. Empty where there is none.
        approval_origin: scheme and host of the pages on which buyers approve.
    """

    merchant: str
    wallet: str
    approval_origin: str

    def links(self, reference: str, data: Mapping[str, Any]) -> Mapping[str, str]:
        """The links of one subscription, by name."""
        approve = None
        with suppress(ForeignLink):
            approve = approval_url(data, self.approval_origin)
        found = {
            "paypal": self.merchant and self.merchant + reference,
            "wallet": self.wallet,
            "approve": approve,
        }
        return {name: url for name, url in found.items() if url}


def status(word: str | None) -> SubscriptionStatus:
    """
    What a status word of PayPal's means.

    Raises:
        UnknownSubscription: it is not known here.
    """
    try:
        return SubscriptionStatus((word or "").lower())
    except ValueError as exc:
        raise UnknownSubscription("a subscription in a status that is not known here") from exc


def observation(
    data: Mapping[str, Any],
    reference: str,
    cycles: Sequence[BillingCycle],
    pages: Pages,
    fallback: datetime,
) -> SubscriptionObservation:
    """
    A subscription as PayPal holds it now.

    Args:
        cycles: its plan's billing cycles, for one unit.
        fallback: when it began, where PayPal does not say so.

    Raises:
        UnknownSubscription: its status is not known here.
    """
    info = shapes.mapping(data.get("billing_info"))
    failures = shapes.count(info, "failed_payments_count") or 0
    plan = shapes.text(data, "plan_id") or shapes.text(data, "plan", "id")
    return SubscriptionObservation(
        reference=reference,
        status=status(shapes.text(data, "status")),
        # PayPal sets `create_time` to the moment of the buyer's approval; before it nothing is
        # billed. A start in the future is later than both.
        started_at=_latest(data, "start_time", "create_time") or fallback,
        plan=Plan(plan, shapes.text(data, "plan", "name")) if plan else None,
        cycles=_of_quantity(cycles, data),
        status_at=shapes.moment(data, "status_update_time"),
        as_of=_latest(data, "update_time", "status_update_time", "create_time"),
        merchant_reference=shapes.text(data, "custom_id"),
        subscriber=payer.of_v2(data.get("subscriber")),
        next_billing_at=shapes.moment(info, "next_billing_time"),
        last_paid_at=shapes.moment(info, "last_payment", "time"),
        last_paid=shapes.money(info, "last_payment", "amount"),
        outstanding=owed(shapes.money(info, "outstanding_balance")),
        failures=failures,
        next_attempt_at=_next_attempt(info) if failures or _owes_a_retry(info) else None,
        links=pages.links(reference, data),
    )


def owed(balance: Money | None) -> Money | None:
    """What a balance says that the buyer owes; None for nothing."""
    return balance if balance and balance.minor > 0 else None


def _of_quantity(
    cycles: Sequence[BillingCycle], data: Mapping[str, Any]
) -> tuple[BillingCycle, ...]:
    """The cycles with the price of the whole subscription."""
    quantity = shapes.count(data, "quantity") or 1
    return tuple(
        replace(one, price=Money(one.price.minor * quantity, one.price.currency))
        if one.price
        else one
        for one in cycles
    )


def _owes_a_retry(info: Mapping[str, Any]) -> bool:
    """
    Whether the newest try to take a payment failed.

    PayPal counts a failure once it gives up retrying; until then only its time tells.
    """
    failed = shapes.moment(info, "last_failed_payment", "time")
    paid = shapes.moment(info, "last_payment", "time")
    return failed is not None and (paid is None or paid < failed)


def _next_attempt(info: Mapping[str, Any]) -> datetime | None:
    # PayPal's webhook simulator writes `date` where the specification has `time`.
    failed = shapes.mapping(info.get("last_failed_payment"))
    return shapes.moment(failed, "next_payment_retry_time") or shapes.moment(
        failed, "next_payment_retry_date"
    )


def _latest(data: Mapping[str, Any], *names: str) -> datetime | None:
    found = [at for name in names if (at := shapes.moment(data, name)) is not None]
    return max(found, default=None)
