"""Builders of deliveries, notifications, events and payments for tests, with defaults."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.api import (
    ChargeRequest,
    CheckoutRequest,
    Delivery,
    Event,
    EventType,
    Evidence,
    InvoiceDraft,
    Money,
    Notification,
    Order,
    Payer,
    PaymentStatus,
    Subscriber,
    SubscriptionRequest,
)
from penstock.domain.payment import Payment
from penstock.testing import sample_events
from penstock.testing.clock import NOON

SUBSCRIBER = Subscriber("Ada", "Lovelace", "ada@example.test")
PERSONAL = (SUBSCRIBER.surname, SUBSCRIBER.email)
"""What of a subscriber no representation may show."""
RETURN_MARK = "0123456789abcdef0123456789abcdef"


def order(
    minor: int = 1250, currency: str = "USD", *, payer: Payer | None = None, **rest: Any
) -> Order:
    """An order of 12.50 dollars."""
    return Order(Money(minor, currency), payer=payer, **rest)


def payment(payment_id: str = "pay-1", *, gateway: str = "example", **rest: Any) -> Payment:
    """A payment just accepted."""
    given: dict[str, Any] = {
        "order": order(),
        "status": PaymentStatus.accepted,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Payment(id=payment_id, gateway=gateway, **{**given, **rest})


def charge_request(operation_id: str = "op-1", **order_fields: Any) -> ChargeRequest:
    """A charge of 12.50 dollars for payment pay-1."""
    return ChargeRequest(operation_id, "pay-1", order(**order_fields))


def delivery(
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    gateway: str = "example",
    received_at: datetime = NOON,
) -> Delivery:
    """A request from a gateway."""
    return Delivery.of(gateway, headers or {}, body, received_at)


def notification(**rest: Any) -> Notification:
    """A signed notification about payment pay-1."""
    given: dict[str, Any] = {
        "id": "note-1",
        "gateway": "example",
        "type": "charge.succeeded",
        "entity": "pay-1",
        "resource": {},
        "occurred_at": NOON,
        "evidence": Evidence.signed,
        "delivery_id": "delivery-1",
        "transmission": "transmission-1",
        "digest": hashlib.sha256(b"{}").hexdigest(),
    }
    return Notification(**{**given, **rest})


def event(
    type: str = EventType.payment_succeeded,
    *,
    id: str = "event-1",
    sequence: int = 1,
    time: datetime = NOON,
    **data: Any,
) -> Event:
    """
    An event with all that its data may hold; None leaves a field out.

    It is about pay-1, or for a dispute's or a notification's event about that.
    """
    entity, given = sample_events.full(type)
    kept = {name: value for name, value in {**given, **data}.items() if value is not None}
    return Event(id, type, entity, "example", sequence, time, kept)


def least_event(type: str = EventType.payment_succeeded) -> Event:
    """An event with as little data as one may hold."""
    entity, data = sample_events.least(type)
    return Event("event-1", type, entity, "example", 1, NOON, data)


def invoice_draft(number: str = "PS-1", **rest: Any) -> InvoiceDraft:
    """An invoice over 12.50 dollars that are already there."""
    given: dict[str, Any] = {
        "transaction": "ch_1",
        "amount": Money(1250, "USD"),
        "item": "Gold",
        "recipient": "ada@example.test",
        "paid_on": NOON,
        "payer_name": "Ada Lovelace",
    }
    return InvoiceDraft(number, **{**given, **rest})


def subscription_request(
    plan: str, operation_id: str = "op-1", **rest: Any
) -> SubscriptionRequest:
    """Ada subscribes; the addresses of return hold `RETURN_MARK`."""
    given: dict[str, Any] = {
        "reference": "order-7",
        "subscriber": SUBSCRIBER,
        "return_url": f"https://shop.test/return/{RETURN_MARK}",
        "cancel_url": f"https://shop.test/cancel/{RETURN_MARK}",
        "brand": "The Shop",
        "locale": "en-US",
    }
    return SubscriptionRequest(operation_id, plan, **{**given, **rest})


def checkout_request(operation_id: str = "op-1", **rest: Any) -> CheckoutRequest:
    """A checkout over 12.50 dollars; the addresses of return hold `RETURN_MARK`."""
    given: dict[str, Any] = {
        "payment_id": "pay-1",
        "order": Order(Money(1250, "USD"), reference="order-7", description="Gold"),
        "return_url": f"https://shop.test/return/{RETURN_MARK}",
        "cancel_url": f"https://shop.test/cancel/{RETURN_MARK}",
        "brand": "The Shop",
    }
    return CheckoutRequest(operation_id, **{**given, **rest})
