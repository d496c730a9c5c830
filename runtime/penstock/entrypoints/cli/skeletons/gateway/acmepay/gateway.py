"""
AcmePay's webhooks.

    acmepay-signature    HMAC-SHA256 of the body's bytes with `signing_key`, in hexadecimal
    body                 {"id", "type": "payment.succeeded", "payment": {...}}

The signature covers the whole body, so what it says is believed (`observe`). If yours does not, or
if the webhook says too little, ask the provider's API instead: `Confirm` in place of `observe`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from penstock.api import (
    Authentic,
    Authenticity,
    Context,
    Delivery,
    Evidence,
    Forged,
    GatewayUnavailable,
    MalformedDelivery,
    Money,
    Notification,
    Observation,
    PaymentStatus,
    Transaction,
    Unconfirmable,
    Undecided,
)

SIGNATURE = "acmepay-signature"
SECRET = "signing_key"  # noqa: S105 - the field's name
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_STATUSES = {
    "payment.succeeded": PaymentStatus.succeeded,
    "payment.pending": PaymentStatus.pending,
    "payment.declined": PaymentStatus.declined,
}


class AcmePaySettings(BaseModel):
    """Read from PROVIDER_ACMEPAY_<FIELD>; there is none yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AcmePay:
    """Takes signed webhooks."""

    name = "acmepay"

    def __init__(self, context: Context[AcmePaySettings]) -> None:
        self.name = context.name or type(self).name
        self._secrets = context.secrets

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Compare the signature under each version of the key."""
        try:
            keys = (await self._secrets.get()).values(SECRET)
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
            MalformedDelivery: the body is no notification.
        """
        try:
            body = json.loads(delivery.body)
            payment = dict(body["payment"])
            return Notification(
                id=_text(body["id"]),
                gateway=self.name,
                type=_text(body["type"]),
                entity=f"{self.name}-{_text(payment['id'])}",
                resource=payment,
                occurred_at=_moment(payment["at"]),
                evidence=Evidence.signed,
                delivery_id=delivery.id,
                transmission=delivery.id,
                digest=hashlib.sha256(delivery.body).hexdigest(),
            )
        except _UNREADABLE:
            # Without its cause: a parser's error quotes the body.
            raise MalformedDelivery("no notification of AcmePay's") from None

    def observe(self, notification: Notification) -> Observation | None:
        """
        How the payment stands; None for a type that says nothing of one.

        Raises:
            Unconfirmable: it cannot be read.
        """
        status = _STATUSES.get(notification.type)
        if status is None:
            return None
        told = notification.resource
        try:
            amount = Money(told["minor"], _text(told["currency"]))
            at = notification.occurred_at
            sale = Transaction(_text(told["id"]), "sale", status, amount, at)
            return Observation(sale, reference=told.get("reference"))
        except _UNREADABLE:
            raise Unconfirmable("AcmePay's payment cannot be read") from None


def signature(body: bytes, key: str) -> str:
    """AcmePay's signature of a body."""
    return hmac.new(key.encode(), body, "sha256").hexdigest()


def _moment(value: object) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
    return at


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value
