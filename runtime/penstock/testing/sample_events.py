"""What the data of each type of event holds, in full and at least (contracts/events)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.api import EventType

_PAYMENT: Mapping[str, Any] = {
    "payment_id": "pay-1",
    "status": "succeeded",
    "amount": {"minor": 1250, "currency": "USD"},
    "fee": {"minor": 66, "currency": "USD"},
    "net": {"minor": 1184, "currency": "USD"},
    "reference": "order-7",
    "transaction_id": "ch_1",
    "subscription_id": "example-sub_1",
    "plan": {"id": "P-5ML4271244454362W", "name": "Gold"},
    "payer": {"reference": "customer-12", "name": "Ada Lovelace"},
    "invoice": {"number": "PS-1", "id": "INV2-1"},
    "links": {"gateway": "https://gateway.test/charges/ch_1"},
}
_DISPUTE: Mapping[str, Any] = {
    "dispute_id": "example-dp_1",
    "status": "waiting_for_seller_response",
    "confirmed": True,
    "opened_at": "2026-11-02T11:59:00Z",
    "reason": "merchandise_or_service_not_received",
    "amount": {"minor": 1250, "currency": "USD"},
    "payments": ["pay-1"],
    "respond_by": "2026-12-03T14:00:00Z",
    "links": {"gateway": "https://gateway.test/disputes/dp_1"},
}
_SUBSCRIPTION: Mapping[str, Any] = {
    "subscription_id": "example-sub_1",
    "status": "active",
    "access": "active",
    "started_at": "2026-11-02T11:59:00Z",
    "paid_through": "2026-12-02T11:59:00Z",
    "trial_until": "2026-11-09T11:59:00Z",
    "reference": "customer-12",
    "plan": {"id": "P-5ML4271244454362W", "name": "Gold"},
    "subscriber": {"reference": "payer-9", "name": "Ada Lovelace"},
    "next_billing_at": "2026-12-02T10:00:00Z",
    "last_paid_at": "2026-11-02T12:00:00Z",
    "outstanding": {"minor": 1250, "currency": "USD"},
    "failures": 1,
    "next_attempt_at": "2026-12-07T10:00:00Z",
    "links": {"gateway": "https://gateway.test/subscriptions/sub_1"},
}
_NOTIFICATION: Mapping[str, Any] = {
    "notification_id": "example/note-1",
    "notification_type": "plan.created",
    "occurred_at": "2026-11-02T11:59:00Z",
    "became": "recorded",
    "confirmed": False,
    "resource_type": "plan",
    "resource_id": "P-5ML4271244454362W",
    "summary": "A plan was created.",
    "because": "it concerns no payment, subscription or dispute",
}
_HALF: Mapping[str, Any] = {"minor": 500, "currency": "USD"}
_OWN: Mapping[str, Mapping[str, Any]] = {
    EventType.payment_declined: {"status": "declined", "reason": "insufficient_funds"},
    EventType.payment_pending: {"status": "pending", "reason": "echeck"},
    EventType.payment_expired: {
        "status": "expired",
        "reason": "the buyer did not approve it in time",
    },
    EventType.payment_refunded: {
        "status": "partially_refunded",
        "refunded": _HALF,
        "moved": _HALF,
        "step_id": "re_1",
    },
    EventType.payment_reversed: {
        "status": "partially_refunded",
        "refunded": _HALF,
        "moved": _HALF,
        "step_id": "rv_1",
    },
    EventType.payment_restored: {"moved": _HALF},
    EventType.payment_on_hold: {"hold": "new_seller"},
    EventType.payment_contradicted: {"differs": ["amount"]},
    EventType.payment_parked: {"status": "parked", "reason": "the gateway gave no answer"},
    EventType.refund_failed: {
        "refund": {"id": "op-1", "amount": _HALF, "reason": "one of two items came back"},
        "because": "the gateway holds too little money",
    },
    EventType.refund_parked: {
        "refund": {"id": "op-1", "amount": _HALF},
        "because": "its answer was lost",
    },
    EventType.collection_failed: {
        "collection": {"id": "op-1", "amount": _HALF, "reason": "the card was replaced"},
        "because": "the buyer's payment was refused",
    },
    EventType.collection_parked: {
        "collection": {"id": "op-1", "amount": _HALF},
        "because": "its answer was lost",
    },
    EventType.invoice_withheld: {"because": "the gateway knows no e-mail address of the payer"},
    EventType.subscription_renewed: {"payment_id": "pay-1", "first": True},
    EventType.subscription_access_ended: {"access": "ended"},
    EventType.subscription_access_restored: {"status": "active", "access": "active"},
    EventType.dispute_opened: {
        "confirmed": False,
        "because": "the gateway's API refuses to show it (403)",
    },
    EventType.dispute_resolved: {
        "status": "resolved",
        "outcome": "buyer",
        "respond_by": None,
    },
}
_LEAST_OWN: Mapping[str, Mapping[str, Any]] = {
    EventType.payment_refunded: {"status": "refunded"},
    EventType.payment_reversed: {"status": "reversed"},
    EventType.dispute_opened: {},
    EventType.dispute_resolved: {"outcome": "other"},
    EventType.invoice_paid: {"invoice": {}},
    EventType.invoice_paid_twice: {"invoice": {}},
}


def full(type: str) -> tuple[str, Mapping[str, Any]]:
    """The entity's id and all that an event of the type may hold; None for what it may not."""
    entity, all_of_it, _ = _kind(type)
    return entity, {**all_of_it, **_OWN.get(type, {})}


def least(type: str) -> tuple[str, Mapping[str, Any]]:
    """The entity's id and what an event of the type must hold."""
    entity, all_of_it, required = _kind(type)
    own = _LEAST_OWN.get(type, _OWN.get(type, {}))
    return entity, {**{name: all_of_it[name] for name in required}, **own}


def _kind(type: str) -> tuple[str, Mapping[str, Any], tuple[str, ...]]:
    match type.partition(".")[0]:
        case "dispute":
            required = ("dispute_id", "status", "confirmed", "opened_at")
            return "example-dp_1", _DISPUTE, required
        case "subscription" | "collection":
            required = ("subscription_id", "status", "access", "started_at")
            return "example-sub_1", _SUBSCRIPTION, required
        case "notification":
            required = (
                "notification_id",
                "notification_type",
                "occurred_at",
                "became",
                "confirmed",
            )
            return "example/note-1", _NOTIFICATION, required
        case _:
            return "pay-1", _PAYMENT, ("payment_id", "status", "amount")
