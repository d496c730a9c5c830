"""A sale as PayPal's API holds it, in our words, and what a notification says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock.api import (
    Money,
    Notification,
    Observation,
    Payer,
    PaymentStatus,
    Plan,
    Transaction,
    Unconfirmable,
)
from penstock_paypal import shapes
from penstock_paypal.webhooks.notification import sale_id

# Of the v1 sale's states (payments_payment_v1). `completed` holds for a payment PayPal holds back
# as well (`payment_hold_status` HELD, seen in a signed live delivery): the buyer has paid.
# `reversed` is not in the specification, yet its reasons are.
_STATES: Mapping[str, PaymentStatus] = {
    "completed": PaymentStatus.succeeded,
    "pending": PaymentStatus.pending,
    "partially_refunded": PaymentStatus.partially_refunded,
    "refunded": PaymentStatus.refunded,
    "denied": PaymentStatus.declined,
    "reversed": PaymentStatus.reversed,
}


class UnknownState(ValueError):
    """A sale in a state that PayPal's specification does not name: waiting will not help."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A v1 sale; the fee is not read, because a pending sale has none yet."""

    id: str
    status: PaymentStatus
    amount: Money
    at: datetime
    agreement: str | None
    custom: str | None

    @classmethod
    def of(cls, data: Mapping[str, Any], fallback: datetime) -> Sale:
        """
        Read a sale.

        Args:
            fallback: when it happened, where the sale does not say so.

        Raises:
            ValueError: it has no id, amount or state.
            UnknownState: it has a state we know nothing of.
        """
        identity, amount = shapes.identity(data, "id"), shapes.money(data, "amount")
        state = shapes.text(data, "state")
        if identity is None or amount is None or state is None:
            raise ValueError("a sale without an id, an amount or a state")
        status = _STATES.get(state.lower())
        if status is None:
            raise UnknownState("a sale in a state that is not known here")
        at = shapes.moment(data, "create_time") or fallback
        custom = shapes.text(data, "custom")
        return cls(
            identity, status, amount, at, shapes.identity(data, "billing_agreement_id"), custom
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a sale's subscription adds: the plan and the payer, whom a v1 sale does not carry."""

    plan: Plan | None
    payer: Payer | None = field(repr=False)
    custom: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Subscription:
        """Read a subscription; whatever is absent stays unknown."""
        plan_id = shapes.text(data, "plan_id") or shapes.text(data, "plan", "id")
        names = (shapes.text(data, "subscriber", "name", one) for one in ("given_name", "surname"))
        payer = Payer(
            reference=shapes.text(data, "subscriber", "payer_id"),
            name=" ".join(name for name in names if name) or None,
            email=shapes.text(data, "subscriber", "email_address"),
        )
        return cls(
            Plan(plan_id, shapes.text(data, "plan", "name")) if plan_id else None,
            payer if payer != Payer() else None,
            shapes.text(data, "custom_id"),
        )


def observation(sale: Sale, subscription: Subscription | None, activity_url: str) -> Observation:
    """What the API holds of a payment, in our words."""
    return Observation(
        transaction=Transaction(sale.id, "sale", sale.status, sale.amount, sale.at),
        subscription=sale.agreement,
        plan=subscription.plan if subscription else None,
        payer=subscription.payer if subscription else None,
        reference=sale.custom or (subscription.custom if subscription else None),
        links={"paypal": activity_url + sale.id},
    )


def differences(claimed: Mapping[str, Any], sale: Sale) -> tuple[str, ...]:
    """
    What a claim about the sale says otherwise than the API, by name.

    Its state is not compared: the fetched one is newer. A claim without an agreement is no
    difference either: PayPal once left it out for days (PayPal-PHP-SDK issue 1201).
    """
    amount = shapes.money(claimed, "amount")
    agreement = shapes.text(claimed, "billing_agreement_id")
    differs = {
        "id": shapes.text(claimed, "id") != sale.id,
        "amount": amount is None or amount.minor != sale.amount.minor,
        "currency": amount is None or amount.currency != sale.amount.currency,
        "agreement": agreement is not None and agreement != sale.agreement,
    }
    return tuple(name for name, differ in differs.items() if differ)


def claimed(notification: Notification) -> Observation:
    """
    What a notification claims of a sale that the API does not know.

    Raises:
        Unconfirmable: it claims no amount that can be read.
    """
    amount = shapes.money(notification.resource, "amount")
    if amount is None:
        raise Unconfirmable("PayPal does not know the sale, and the event's amount is unreadable")
    transaction = Transaction(
        id=sale_id(notification.entity) or "unknown",
        kind="sale",
        status=PaymentStatus.contradicted,
        amount=amount,
        at=notification.occurred_at,
    )
    return Observation(
        transaction, subscription=shapes.identity(notification.resource, "billing_agreement_id")
    )
