"""
Stripe's events, read as notifications (docs.stripe.com/api/events/types).

    {"id": "evt_…", "object": "event", "type": "payment_intent.succeeded", "created": 1492774577,
     "data": {"object": {...}, "previous_attributes": {...}}}

An event is a hint: what it is about is read again from the API, because Stripe sends events in
any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from penstock.api import (
    EntityKind,
    Evidence,
    Lifecycle,
    MalformedDelivery,
    Notification,
    Ref,
)
from penstock_stripe import names, shapes

CANCELED = "payment_intent.canceled"
INTENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        CANCELED,
    }
)
"""An intent's other events say nothing of money, such as those of a page that a buyer left."""
SENT_BACK = frozenset(
    {
        "charge.refunded",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
    }
)
DISPUTES = "charge.dispute."
SUBSCRIPTIONS = "customer.subscription."
_INVOICES: Mapping[str, Lifecycle | None] = {
    "invoice.paid": None,
    "invoice.payment_failed": Lifecycle.payment_failed,
}
_LIFECYCLE = {
    "created": Lifecycle.created,
    "deleted": Lifecycle.cancelled,
    "paused": Lifecycle.suspended,
    "resumed": Lifecycle.resumed,
}
_NOT_BEGUN = ("incomplete", "incomplete_expired")
_STOPPED = ("unpaid", "paused")


def read(gateway: str, event: Mapping[str, Any]) -> Notification:
    """
    An event as Stripe's API lists it, which is the body that it sends.

    Raises:
        MalformedDelivery: it is no event of Stripe's.
    """
    identity, type = shapes.identity(event, "id"), shapes.text(event, "type")
    at, resource = shapes.moment(event, "created"), shapes.mapping(event, "data", "object")
    if identity is None or type is None or at is None or not resource:
        raise MalformedDelivery("no event of Stripe's: id, type, created or data is missing")
    subject = _subject(gateway, type, resource)
    says = _says(type, resource, shapes.mapping(event, "data", "previous_attributes"))
    return Notification.fetched(
        gateway,
        identity,
        type,
        dict(resource),
        at,
        subject,
        resource_type=shapes.text(resource, "object"),
        resource_id=shapes.identity(resource, "id"),
        says=says if subject else None,
        status_at=_status_at(says, resource, at) if subject and says else None,
    )


def signed(notification: Notification, delivery_id: str, digest: str) -> Notification:
    """The same notification as it was sent to us."""
    return replace(
        notification,
        evidence=Evidence.signed,
        delivery_id=delivery_id,
        # Stripe has no id of a sending.
        transmission=delivery_id,
        digest=digest,
    )


def ended_at(subscription: Mapping[str, Any]) -> datetime | None:
    """When a subscription ended."""
    return shapes.moment(subscription, "ended_at") or shapes.moment(subscription, "canceled_at")


def subscription_of(invoice: Mapping[str, Any]) -> str | None:
    """The subscription of an invoice; versions before 2025 have it at the top."""
    parent = shapes.identity(invoice, "parent", "subscription_details", "subscription")
    return parent or shapes.identity(invoice, "subscription")


def _subject(gateway: str, type: str, resource: Mapping[str, Any]) -> Ref | None:
    identity = shapes.identity(resource, "id")
    if type == CANCELED and not names.claimed(resource) and not _tried(resource):
        return None  # a page that a buyer left
    if type in INTENTS:
        owner = names.owner(gateway, resource)
        return Ref(EntityKind.payment, owner) if owner else None
    if type in SENT_BACK:
        # A refund made in Stripe's dashboard does not name our payment; `locate` finds it.
        owner = names.claimed(resource)
        return Ref(EntityKind.payment, owner) if owner else None
    if type.startswith(DISPUTES) and identity:
        return Ref(EntityKind.dispute, names.entity(gateway, identity))
    of = identity if type.startswith(SUBSCRIPTIONS) else None
    of = subscription_of(resource) if type in _INVOICES else of
    return Ref(EntityKind.subscription, names.entity(gateway, of)) if of else None


def _tried(intent: Mapping[str, Any]) -> bool:
    """Whether anybody tried to pay."""
    return shapes.identity(intent, "latest_charge") is not None


def _says(type: str, resource: Mapping[str, Any], before: Mapping[str, Any]) -> Lifecycle | None:
    if type in _INVOICES:
        return _INVOICES[type]
    if not type.startswith(SUBSCRIPTIONS):
        return None
    what = type.removeprefix(SUBSCRIPTIONS)
    return _changed(resource, before) if what == "updated" else _LIFECYCLE.get(what)


def _changed(resource: Mapping[str, Any], before: Mapping[str, Any]) -> Lifecycle | None:
    """What an update changed. `paused` and `resumed` have events of their own."""
    was, now = shapes.text(before, "status"), shapes.text(resource, "status")
    if was in _NOT_BEGUN and now in ("active", "trialing"):
        return Lifecycle.activated
    if was is not None and now == "incomplete_expired":
        return Lifecycle.expired
    if was is not None and now == "unpaid":
        return Lifecycle.suspended
    if was == "unpaid" and now not in _STOPPED:
        return Lifecycle.resumed
    return Lifecycle.revised if "items" in before or "plan" in before else None


def _status_at(says: Lifecycle, resource: Mapping[str, Any], at: datetime) -> datetime | None:
    """Since when it has the status; the same moment that reading it shows, where that does."""
    if says in (Lifecycle.payment_failed, Lifecycle.revised, Lifecycle.created):
        return None
    return (ended_at(resource) if says is Lifecycle.cancelled else None) or at
