"""A sale as PayPal's API holds it, in our words, and what a notification says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock.api import Money, PaymentStatus, Transaction
from penstock_paypal import shapes

# The states of v1 sales (payments_payment_v1) and v2 captures (payments_payment_v2), one list.
# A payment that PayPal holds back is `completed`, too: the buyer has paid.
# `reversed` is not in the specification, but its reasons are.
_STATES: Mapping[str, PaymentStatus] = {
    "completed": PaymentStatus.succeeded,
    "pending": PaymentStatus.pending,
    "partially_refunded": PaymentStatus.partially_refunded,
    "refunded": PaymentStatus.refunded,
    "denied": PaymentStatus.declined,
    "declined": PaymentStatus.declined,
    "failed": PaymentStatus.declined,
    "reversed": PaymentStatus.reversed,
}
_ORDER = re.compile(r"https?://[^/?#]+/v2/checkout/orders/([A-Z0-9-]{3,64})")
_UNPAID = (PaymentStatus.pending, PaymentStatus.declined)


class Unreadable(ValueError):
    """A sale whose state or amount means nothing to us: waiting will not help."""


@dataclass(frozen=True, slots=True)
class Sale:
    """
    A v1 sale, or a v2 capture: one payment, two names.

    Attributes:
        agreement: the subscription it belongs to.
        parent: the v1 payment it belongs to, and `order` the v2 order: they name the payer.
        reason: why it is pending or was declined.
        hold: why PayPal holds the money back, while it does.
        fee: what PayPal took of it, and `net` what is left, where PayPal shows it.
        as_of: when PayPal last changed it; None where that cannot be read.
    """

    id: str
    status: PaymentStatus
    amount: Money
    at: datetime
    agreement: str | None = None
    custom: str | None = None
    parent: str | None = None
    order: str | None = None
    reason: str | None = None
    hold: str | None = None
    fee: Money | None = None
    net: Money | None = None
    as_of: datetime | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any], fallback: datetime) -> Sale:
        """
        Read a sale or a capture.

        Args:
            fallback: when it happened, where PayPal does not say so.

        Raises:
            ValueError: it has no id or state, so it is no sale.
            Unreadable: its state is unknown here, or its amount cannot be read.
        """
        identity = shapes.identity(data, "id")
        state = shapes.text(data, "state") or shapes.text(data, "status")
        if identity is None or state is None:
            raise ValueError("a sale without an id or a state")
        status = _STATES.get(state.lower())
        if status is None:
            raise Unreadable("a sale in a state that is not known here")
        breakdown = shapes.mapping(data.get("seller_receivable_breakdown"))
        return cls(
            identity,
            status,
            _amount(data),
            shapes.moment(data, "create_time") or fallback,
            agreement=shapes.identity(data, "billing_agreement_id"),
            custom=shapes.text(data, "custom") or shapes.text(data, "custom_id"),
            parent=shapes.identity(data, "parent_payment"),
            order=shapes.identity(data, "supplementary_data", "related_ids", "order_id")
            or _linked_order(data),
            reason=_reason(data) if status in _UNPAID else None,
            hold=_hold(data),
            fee=shapes.money(data, "transaction_fee") or shapes.money(breakdown, "paypal_fee"),
            net=shapes.money(data, "receivable_amount") or shapes.money(breakdown, "net_amount"),
            as_of=shapes.moment(data, "update_time"),
        )

    def transaction(self) -> Transaction:
        """It, as the step that paid the payment."""
        return Transaction(self.id, "sale", self.status, self.amount, self.at)


def differences(claimed: Mapping[str, Any], sale: Sale) -> tuple[str, ...]:
    """
    What a claim about the sale says otherwise than the API, by name.

    Only another value counts, never a missing one: PayPal once left the agreement out for days
    (PayPal-PHP-SDK issue 1201). The state is not compared: the fetched one is newer.
    """
    number, currency = shapes.written(claimed, "amount")
    amount = shapes.money({"value": number, "currency": currency or sale.amount.currency})
    agreement = shapes.text(claimed, "billing_agreement_id")
    differs = {
        "id": shapes.text(claimed, "id") not in (None, sale.id),
        "amount": number is not None and (amount is None or amount.minor != sale.amount.minor),
        "currency": currency not in (None, sale.amount.currency),
        "agreement": None not in (agreement, sale.agreement) and agreement != sale.agreement,
    }
    return tuple(name for name, differ in differs.items() if differ)


def _linked_order(data: Mapping[str, Any]) -> str | None:
    """The order out of the text of a capture's link; the link is never followed."""
    for link in shapes.sequence(data.get("links")):
        named = _ORDER.fullmatch(shapes.text(link, "href") or "")
        if named and shapes.text(link, "rel") == "up":
            return named[1]
    return None


def _amount(data: Mapping[str, Any]) -> Money:
    amount = shapes.money(data, "amount")
    if amount is None:
        raise Unreadable("a sale with an amount that cannot be read")
    if amount.minor < 0:
        raise Unreadable("a sale with an amount below zero")
    return amount


def _reason(data: Mapping[str, Any]) -> str | None:
    return (
        shapes.text(data, "reason_code")
        or shapes.text(data, "pending_reason")
        or shapes.text(data, "status_details", "reason")
    )


def _hold(data: Mapping[str, Any]) -> str | None:
    if (shapes.text(data, "payment_hold_status") or "").upper() != "HELD":
        return None
    named = (
        shapes.text(one, "payment_hold_reason")
        for one in shapes.sequence(data.get("payment_hold_reasons"))
    )
    return shapes.text(data, "reason_code") or next((one for one in named if one), "held")
