"""What happened, on one line; a movement of money names the amount that moved."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api.wording import mapping, moment, money, one_line, part_of
from penstock.domain.events import Event, EventType

TITLES: Mapping[str, str] = {
    EventType.payment_succeeded: "Payment succeeded",
    EventType.payment_declined: "Payment declined",
    EventType.payment_pending: "Payment pending",
    EventType.payment_expired: "Payment expired",
    EventType.payment_refunded: "Payment refunded",
    EventType.payment_reversed: "Payment reversed",
    EventType.payment_restored: "Payment restored",
    EventType.payment_on_hold: "Payment on hold",
    EventType.payment_released: "Payment released",
    EventType.payment_contradicted: "Payment contradicted",
    EventType.payment_parked: "Payment needs a person",
    EventType.refund_failed: "Refund failed",
    EventType.refund_parked: "Refund needs a person",
    EventType.collection_failed: "Collection failed",
    EventType.collection_parked: "Collection needs a person",
    EventType.invoice_paid: "Invoice paid",
    EventType.invoice_withheld: "No invoice",
    EventType.invoice_paid_twice: "Invoice paid twice",
    EventType.dispute_opened: "Dispute opened",
    EventType.dispute_updated: "Dispute changed",
    EventType.dispute_resolved: "Dispute resolved",
    EventType.subscription_created: "Subscription opened",
    EventType.subscription_activated: "Subscription activated",
    EventType.subscription_renewed: "Subscription paid",
    EventType.subscription_payment_failed: "Subscription payment failed",
    EventType.subscription_suspended: "Subscription suspended",
    EventType.subscription_resumed: "Subscription resumed",
    EventType.subscription_cancelled: "Subscription cancelled",
    EventType.subscription_expired: "Subscription expired",
    EventType.subscription_revised: "Subscription changed",
    EventType.subscription_access_ended: "Access ended",
    EventType.subscription_access_restored: "Access restored",
    EventType.notification_recorded: "Notification",
}
MOVED: Mapping[str, str] = {
    EventType.payment_refunded: "refunded",
    EventType.payment_reversed: "reversed",
    EventType.payment_restored: "restored",
}
_RESOLVED = {
    "seller": "Dispute resolved for the seller",
    "buyer": "Dispute resolved for the buyer",
    "withdrawn": "Dispute withdrawn by the buyer",
}


def title(event: Event) -> str:
    """What happened, without an amount; the type itself, if only newer code knows it."""
    if event.type == EventType.dispute_resolved:
        return _RESOLVED.get(str(event.data.get("outcome")), TITLES[event.type])
    if event.type == EventType.notification_recorded and event.data.get("became") == "parked":
        return "Notification needs a person"
    return TITLES.get(event.type) or one_line(event.type)


def amount(event: Event) -> str:
    """The event's amount: "12.50 USD", or how much of it moved: "10.00 of 100.00 USD"."""
    whole = money(event.data.get("amount"))
    if event.type in MOVED and (moved := part_of(money(event.data.get("moved")), whole)):
        return moved
    asked = money(mapping(event.data.get("refund")).get("amount"))
    if asked and (part := part_of(asked, whole)):
        return part
    # A subscription's event has no amount of its own.
    whole = whole or money(mapping(event.data.get("collection")).get("amount"))
    return str(whole) if whole else ""


def headline(event: Event) -> str:
    """
    What happened to how much, and for an open dispute until when the seller must respond.

    "Payment succeeded: 12.50 USD", "10.00 of 100.00 USD refunded",
    "Dispute opened: 96.00 USD. Respond by 3 December 2026, 14:00 UTC",
    "Subscription cancelled. Access until 1 April 2026, 11:58 UTC"
    """
    much = amount(event)
    if event.type in MOVED and much:
        # An event from before `moved` existed does not say how much of it.
        some = "" if "moved" in event.data else "All or part of "
        return f"{some}{much} {MOVED[event.type]}"
    if event.type == EventType.notification_recorded:
        much = one_line(event.data.get("notification_type"), 100)
    line = f"{title(event)}: {much}" if much else title(event)
    if event.type.startswith("subscription."):
        return line + _of_subscription(event)
    until = respond_by(event)
    return f"{line}. Respond by {until}" if until else line


def _of_subscription(event: Event) -> str:
    """What the customer may still use, and what is owed: the plan is in the rows."""
    data = event.data
    owed, until = money(data.get("outstanding")), moment(data.get("paid_through"))
    if event.type == EventType.subscription_payment_failed:
        return f": {owed} outstanding" if owed else ""
    if event.type == EventType.subscription_access_ended or not until:
        return ""
    ends = data.get("status") in ("cancelled", "suspended", "expired")
    return f". Access until {until}" if ends else f". Paid through {until}"


def respond_by(event: Event) -> str:
    """Until when the seller must respond to a dispute; empty once it is resolved."""
    if event.type not in (EventType.dispute_opened, EventType.dispute_updated):
        return ""
    return "" if event.data.get("outcome") else moment(event.data.get("respond_by"))
