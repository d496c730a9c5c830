"""A dispute in PayPal's words, read tolerantly (customer_disputes_v1, and older events)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.api import DisputeObservation, DisputeOutcome, is_own_payment
from penstock_paypal import shapes
from penstock_paypal.webhooks.notification import entity

# "PayPal accepted the dispute" is for the buyer, "denied" for the seller (developer.paypal.com,
# customer disputes, outcome_code). RESOLVED_WITH_PAYOUT may have paid either of them.
_OUTCOMES = {
    "RESOLVED_SELLER_FAVOUR": DisputeOutcome.seller,
    "RESOLVED_SELLER_FAVOR": DisputeOutcome.seller,
    "DENIED": DisputeOutcome.seller,
    "RESOLVED_BUYER_FAVOUR": DisputeOutcome.buyer,
    "RESOLVED_BUYER_FAVOR": DisputeOutcome.buyer,
    "ACCEPTED": DisputeOutcome.buyer,
    "CANCELED_BY_BUYER": DisputeOutcome.withdrawn,
    "CANCELLED_BY_BUYER": DisputeOutcome.withdrawn,
}
_OPEN = frozenset(
    {"open", "waiting_for_buyer_response", "waiting_for_seller_response", "under_review"}
)
_RESOLVED = "resolved"
_EPOCH = datetime.fromtimestamp(0, UTC)
# PayPal's own word where none of the others fits.
_OTHER = "other"


def observation(
    data: Mapping[str, Any], gateway: str, reference: str, fallback: datetime, disputes_url: str
) -> DisputeObservation:
    """
    A dispute as the API shows it, or as a notification's body says; what is odd stays unknown.

    Args:
        gateway: the gateway's name.
        reference: PayPal's id of it.
        fallback: when it was opened, where PayPal does not say so.
        disputes_url: where a person answers it, its id left out; empty where there is no page.
    """
    status = (shapes.text(data, "status") or _OTHER).lower()
    return DisputeObservation(
        reference=reference,
        status=status,
        opened_at=_opened(data) or fallback,
        reason=(shapes.text(data, "reason") or "").lower() or None,
        amount=shapes.money(data, "dispute_amount"),
        payments=tuple(dict.fromkeys(_payments(gateway, data))),
        respond_by=shapes.moment(data, "seller_response_due_date"),
        outcome=_outcome(data, status),
        as_of=shapes.moment(data, "update_time"),
        links={"paypal": disputes_url + reference} if disputes_url else {},
    )


def _payments(gateway: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Our ids of the payments that it is about: a checkout's transaction carries our own."""
    for one in shapes.sequence(data.get("disputed_transactions")):
        own, named = shapes.text(one, "custom"), shapes.identity(one, "seller_transaction_id")
        if own is not None and is_own_payment(own):
            yield own
        elif named:
            yield entity(gateway, named)
    # So RISK.DISPUTE.CREATED named it.
    if old := shapes.identity(data, "seller_payment_id"):
        yield entity(gateway, old)


def _opened(data: Mapping[str, Any]) -> datetime | None:
    """When it was opened; RISK.DISPUTE.CREATED says so in milliseconds."""
    stamp = data.get("dispute_creation_date")
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        try:
            return _EPOCH + timedelta(milliseconds=stamp)
        except OverflowError:
            return None
    return shapes.moment(data, "create_time")


def _outcome(data: Mapping[str, Any], status: str) -> DisputeOutcome | None:
    """How it ended; an open dispute may show how it ended before it was opened again."""
    if status in _OPEN:
        return None
    code = (shapes.text(data, "dispute_outcome", "outcome_code") or "").upper()
    if not code and status != _RESOLVED:
        return None
    return _OUTCOMES.get(code, DisputeOutcome.other)
