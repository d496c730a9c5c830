"""An authentic delivery, read: which payment, subscription or dispute it is about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from penstock.api import (
    Delivery,
    EntityKind,
    Evidence,
    Lifecycle,
    MalformedDelivery,
    Notification,
    Ref,
    is_own_payment,
)
from penstock_paypal import shapes
from penstock_paypal.webhooks import door

COMPLETED = "PAYMENT.SALE.COMPLETED"
DENIED = "PAYMENT.SALE.DENIED"
CLAIMS = frozenset({COMPLETED, "PAYMENT.SALE.PENDING", DENIED})
"""Events whose resource is the sale itself, so what they say of it can be compared."""
SENT_BACK = frozenset({"PAYMENT.SALE.REFUNDED", "PAYMENT.SALE.REVERSED"})
CAPTURE_CLAIMS = frozenset(
    {f"PAYMENT.CAPTURE.{one}" for one in ("COMPLETED", "PENDING", "DENIED", "DECLINED")}
)
"""The same of the capture of a checkout."""
MONEY_CLAIMS = CLAIMS.union(CAPTURE_CLAIMS)
APPROVED = "CHECKOUT.ORDER.APPROVED"
REVERSED_APPROVAL = "CHECKOUT.PAYMENT-APPROVAL.REVERSED"
CHECKOUT = frozenset({APPROVED, REVERSED_APPROVAL})
"""Events about an order that is not captured."""
CAPTURE_SENT_BACK = frozenset({"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"})
"""What was sent back of a subscription's payment may come as a capture's: one id, two names."""
REFUNDS = frozenset(
    {"PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED", "PAYMENT.REFUND.COMPLETED"}
)
"""How a refund goes on, of a sale or of a capture that is none of ours."""
REVERSED = frozenset({"PAYMENT.SALE.REVERSED", "PAYMENT.CAPTURE.REVERSED"})
GONE = SENT_BACK.union(CAPTURE_SENT_BACK, REFUNDS)
INVOICE = "INVOICING.INVOICE."
SUBSCRIPTION = "BILLING.SUBSCRIPTION."
# RE-ACTIVATED comes of agreements from before subscriptions only: of a subscription that is
# resumed PayPal sends ACTIVATED again.
SAYS: Mapping[str, Lifecycle] = {
    "BILLING.SUBSCRIPTION.CREATED": Lifecycle.created,
    "BILLING.SUBSCRIPTION.ACTIVATED": Lifecycle.activated,
    "BILLING.SUBSCRIPTION.RE-ACTIVATED": Lifecycle.resumed,
    "BILLING.SUBSCRIPTION.UPDATED": Lifecycle.revised,
    "BILLING.SUBSCRIPTION.SUSPENDED": Lifecycle.suspended,
    "BILLING.SUBSCRIPTION.CANCELLED": Lifecycle.cancelled,
    "BILLING.SUBSCRIPTION.EXPIRED": Lifecycle.expired,
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": Lifecycle.payment_failed,
}
"""What happened to a subscription, by the event that says so."""
DISPUTE = ("CUSTOMER.DISPUTE.", "RISK.DISPUTE.")

_BEGINS: Mapping[Lifecycle, str] = {
    Lifecycle.activated: "ACTIVE",
    Lifecycle.resumed: "ACTIVE",
    Lifecycle.suspended: "SUSPENDED",
    Lifecycle.cancelled: "CANCELLED",
    Lifecycle.expired: "EXPIRED",
}
"""The status that a fact begins."""

_OF_A_SALE = SENT_BACK.union(REFUNDS)
_OF_A_CHECKOUT = CAPTURE_CLAIMS.union(CHECKOUT)
_WORD = re.compile(r"[\x21-\x7e]{1,128}")
_SALE_LINK = re.compile(r"https://[^/?#]+/v1/payments/sale/([A-Z0-9-]{3,64})")
_LONGEST = 127


def read(delivery: Delivery) -> Notification:
    """
    Parse an authentic delivery.

    Raises:
        MalformedDelivery: its body is no JSON object with an id and an event type.
    """
    try:
        body = shapes.parse(delivery.body)
    except ValueError as exc:
        # Without the cause's words: they may quote the body.
        raise MalformedDelivery("the body is no JSON object") from exc
    read_as = _read(delivery.gateway, body)
    # Dates of PayPal's simulator may be impossible; the transmission's is part of the signature.
    happened = read_as.happened or shapes.moment(delivery.headers, door.TIME)
    return Notification(
        id=read_as.id,
        gateway=delivery.gateway,
        type=read_as.type,
        entity=read_as.subject.id if read_as.subject else None,
        kind=read_as.subject.kind if read_as.subject else EntityKind.payment,
        resource_type=_short(body, "resource_type"),
        resource_id=_resource_id(read_as.resource),
        summary=shapes.text(body, "summary"),
        resource=read_as.resource,
        # Nothing can have happened after we heard of it.
        occurred_at=min(happened or delivery.received_at, delivery.received_at),
        evidence=Evidence.signed,
        delivery_id=delivery.id,
        transmission=delivery.headers.get(door.ID, delivery.id),
        digest=hashlib.sha256(delivery.body).hexdigest(),
        says=read_as.says,
        status_at=_status_at(read_as.says, read_as.resource),
    )


def fetched(gateway: str, event: Mapping[str, Any], latest: datetime) -> Notification:
    """
    Read an event as PayPal's list shows it: its webhook has the same id and resource.

    Args:
        gateway: the gateway's name: several accounts have one each.
        latest: the time of an event that has none, or one in our future.

    Raises:
        MalformedDelivery: it has no id or no event type.
    """
    read_as = _read(gateway, event)
    return Notification.fetched(
        gateway,
        read_as.id,
        read_as.type,
        read_as.resource,
        min(read_as.happened or latest, latest),
        read_as.subject,
        resource_type=_short(event, "resource_type"),
        resource_id=_resource_id(read_as.resource),
        summary=shapes.text(event, "summary"),
        says=read_as.says,
        status_at=_status_at(read_as.says, read_as.resource),
    )


class _Event(NamedTuple):
    id: str
    type: str
    resource: Mapping[str, Any]
    happened: datetime | None
    subject: Ref | None
    says: Lifecycle | None


def _read(gateway: str, body: Mapping[str, Any]) -> _Event:
    """What a webhook's body and an event of the list have in common."""
    event_id, event_type = _word(body, "id"), _word(body, "event_type")
    resource = shapes.mapping(body.get("resource"))
    about = _about(event_type, resource)
    return _Event(
        event_id,
        event_type,
        resource,
        shapes.moment(body, "create_time"),
        Ref(_kind(event_type), _named(gateway, about)) if about else None,
        SAYS.get(event_type) if about else None,
    )


def entity(gateway: str, identity: str) -> str:
    """Our name for the payment that a sale is, for a subscription or for a dispute."""
    return f"{gateway}-{identity}"


def paypal_id(gateway: str, entity: str | None) -> str | None:
    """PayPal's id of what an entity of ours is, if it may enter a path."""
    named = (entity or "").removeprefix(f"{gateway}-")
    return named if shapes.ID.fullmatch(named) else None


def invoice(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The invoice of an invoice event: nested in real ones, flat in the documentation."""
    return shapes.mapping(resource.get("invoice")) or resource


def _about(event_type: str, resource: Mapping[str, Any]) -> str | None:
    """PayPal's id of the sale, subscription or dispute, where the body names it."""
    if event_type in CLAIMS or event_type.startswith(SUBSCRIPTION):
        return shapes.identity(resource, "id")
    if event_type in _OF_A_SALE:
        return shapes.identity(resource, "sale_id") or _linked_sale(resource)
    if event_type in _OF_A_CHECKOUT:
        # Ours name our payment; any other is the merchant's other business.
        owner = _custom_id(resource)
        return owner if is_own_payment(owner) else None
    if event_type.startswith(DISPUTE):
        return shapes.identity(resource, "dispute_id")
    if event_type.startswith(INVOICE):
        # Ours refer to the sale that paid them.
        return shapes.identity(invoice(resource), "detail", "reference")
    return None


def _named(gateway: str, about: str) -> str:
    return about if is_own_payment(about) else entity(gateway, about)


def _custom_id(resource: Mapping[str, Any]) -> str | None:
    """The `custom_id` of a capture, or of an order's one purchase unit."""
    units = shapes.sequence(resource.get("purchase_units"))
    return shapes.text(units[0] if len(units) == 1 else resource, "custom_id")


def _kind(event_type: str) -> EntityKind:
    if event_type.startswith(DISPUTE):
        return EntityKind.dispute
    if event_type.startswith(SUBSCRIPTION):
        return EntityKind.subscription
    return EntityKind.payment


def _status_at(says: Lifecycle | None, resource: Mapping[str, Any]) -> datetime | None:
    """
    Since when the subscription has the status that the event is about.

    None where the resource shows another status: its time is not the event's then.
    """
    begins = _BEGINS.get(says) if says else None
    if begins is None or shapes.text(resource, "status") != begins:
        return None
    return shapes.moment(resource, "status_update_time")


def _resource_id(resource: Mapping[str, Any]) -> str | None:
    return (
        _short(resource, "id") or _short(resource, "dispute_id") or _short(invoice(resource), "id")
    )


def _short(value: Mapping[str, Any], name: str) -> str | None:
    found = shapes.text(value, name)
    return found if found and len(found) <= _LONGEST else None


def _linked_sale(resource: Mapping[str, Any]) -> str | None:
    """The sale's id out of a link's text; the link is never followed."""
    for link in shapes.sequence(resource.get("links")):
        named = _SALE_LINK.fullmatch(shapes.text(link, "href") or "")
        if named and shapes.text(link, "rel") == "sale":
            return named[1]
    return None


def _word(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise MalformedDelivery(f"the body has no {name}")
    return value
