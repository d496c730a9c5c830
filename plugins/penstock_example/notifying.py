"""
Notifications of the Example gateway.

    Example-Signature    HMAC-SHA256 of the body's bytes with `signing_key`, in hexadecimal
    body                 {"id", "type": "subscription.activated", "created_at", "data": {...}}

`data` is the subscription, for `payment.succeeded` the payment, for `checkout.approved` the
checkout. The signature covers the whole body, so a payment is believed; a subscription and a
checkout are read again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from penstock.api import (
    AnyObservation,
    Authentic,
    Authenticity,
    CheckoutNews,
    Context,
    Delivery,
    Door,
    EntityKind,
    Evidence,
    Forged,
    GatewayUnavailable,
    Lifecycle,
    MalformedDelivery,
    Notification,
    Ref,
    Unconfirmable,
    Undecided,
    is_own_payment,
)
from penstock_example import reading
from penstock_example.settings import ExampleSettings

SIGNATURE = "example-signature"
SECRET = "signing_key"  # noqa: S105 - the field's name
DOOR = Door({SIGNATURE: "[0-9a-f]{64}"})
_SAYS: Mapping[str, Lifecycle] = MappingProxyType(
    {f"subscription.{fact.value}": fact for fact in Lifecycle}
)
_KINDS: Mapping[str, EntityKind] = MappingProxyType(
    {
        "subscription": EntityKind.subscription,
        "payment": EntityKind.payment,
        "checkout": EntityKind.payment,
    }
)
_MALFORMED = (*reading.UNREADABLE, RecursionError)


def signature(body: bytes, key: str) -> str:
    """The gateway's signature of a body."""
    return hmac.new(key.encode(), body, "sha256").hexdigest()


def fetched(gateway: str, body: Mapping[str, Any]) -> Notification:
    """
    A notification as the gateway lists it, which is the body that it sends.

    Raises one of `reading.UNREADABLE` where it is none.
    """
    data, type = dict(body["data"]), str(body["type"])
    kind = _KINDS.get(type.partition(".")[0])
    reference = reading.identity(data["id"]) if kind else None
    named = _entity(type, data, f"{gateway}-{reference}") if kind else None
    says = _SAYS.get(type)
    return Notification.fetched(
        gateway,
        reading.identity(body["id"]),
        type,
        data,
        reading.moment(body["created_at"]),
        Ref(kind, named) if kind and named else None,
        resource_id=reference,
        says=says,
        status_at=reading.moment(data["status_at"]) if says else None,
    )


class Notifying:
    """Says whether notifications are the gateway's, and reads them."""

    name = "example"
    _context: Context[ExampleSettings]

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Compare the signature under each version of the key."""
        try:
            keys = (await self._context.secrets.get()).values(SECRET)
        except GatewayUnavailable as exc:
            return Undecided(str(exc), exc.retry_after)
        if not keys:
            return Undecided(f"no {SECRET} is set in the secret of {self.name}")
        # As bytes: compare_digest raises TypeError for text that is not ASCII.
        claimed = delivery.headers.get(SIGNATURE, "").encode(errors="replace")
        for key in keys:
            if hmac.compare_digest(signature(delivery.body, key).encode(), claimed):
                return Authentic()
        return Forged("the signature does not match")

    def read(self, delivery: Delivery) -> Notification:
        """
        Parse an authentic delivery.

        Raises:
            MalformedDelivery: the body is no notification of the gateway's.
        """
        try:
            told = fetched(self.name, json.loads(delivery.body))
            return replace(
                told,
                evidence=Evidence.signed,
                delivery_id=delivery.id,
                transmission=delivery.id,
                digest=hashlib.sha256(delivery.body).hexdigest(),
            )
        except _MALFORMED:
            # Without its cause: a parser's error quotes the body.
            raise MalformedDelivery("no notification of the Example gateway's") from None

    def observe(self, notification: Notification) -> AnyObservation | None:
        """
        What a payment's notification says of it.

        Raises:
            Unconfirmable: it cannot be read.
        """
        if notification.kind is not EntityKind.payment:
            return None
        if notification.type.startswith("checkout."):
            return CheckoutNews()
        try:
            return reading.payment(notification.resource)
        except reading.UNREADABLE:
            raise Unconfirmable("the gateway's payment cannot be read") from None


def _entity(type: str, data: Mapping[str, Any], named: str) -> str | None:
    """Our id of what the notification is about: a checkout names our own payment."""
    if not type.startswith("checkout."):
        return named
    owner = str(data.get("payment"))
    return owner if is_own_payment(owner) else None
