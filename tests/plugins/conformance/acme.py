"""AcmePay, which does everything right, and the provider behind it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from penstock.api import (
    AnyObservation,
    Authentic,
    Authenticity,
    ChargeAnswer,
    ChargeRequest,
    Confirmation,
    Confirmed,
    Context,
    Declined,
    Delivery,
    Door,
    EntityKind,
    Evidence,
    Forged,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Listed,
    LookupAnswer,
    MalformedDelivery,
    Money,
    NotFound,
    Notification,
    NotYet,
    Observation,
    PaymentStatus,
    Ref,
    Response,
    Succeeded,
    Transaction,
    Undecided,
    retry_after,
)
from penstock.testing.builders import delivery
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.conformance.acme_checkout import AcmeCheckout
from tests.plugins.conformance.acme_collects import AcmeCollects
from tests.plugins.conformance.acme_invoices import AcmeInvoices
from tests.plugins.conformance.acme_refunds import AcmeRefunds
from tests.plugins.conformance.acme_subscriptions import (
    HELD,
    UNREADABLE,
    URL,
    AcmeSubscriptions,
    without_answer,
)

DECLINED = "no-money"
"""The reference of an order whose charge is declined."""
KEY = "a-key-nobody-knows"
BODY = b'{"event": "e-1", "type": "paid"}'
DOOR = Door({"x-acme-signature": "[0-9a-f]{64}"})


class AcmeSettings(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid")


class Provider:
    """AcmePay's API in memory."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {
            "/sales/s-1": {"id": "s-1"},
            "/notifications": {"body": BODY.decode()},
            **{path: dict(held) for path, held in HELD.items()},
        }

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, **_: Any
    ) -> Response:
        """PUT makes what is not there, POST merges into what is, GET shows."""
        path = urlsplit(url).path
        given: dict[str, Any] = json.loads(body or b"{}")
        if method == "PUT":
            self.held.setdefault(path, given)
        if path not in self.held:
            return response(404)
        if method == "POST":
            self.held[path].update(given)
        return response(200, self.held[path])


class AcmePay(AcmeSubscriptions, AcmeCheckout, AcmeRefunds, AcmeCollects, AcmeInvoices):
    """A gateway with every capability."""

    name = "acmepay"
    idempotent_charges = True

    def __init__(self, context: Context[AcmeSettings]) -> None:
        self.context = context

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        try:
            secret = await self.context.secrets.get()
        except GatewayUnavailable:
            return Undecided("no secret")
        claimed = delivery.headers.get("x-acme-signature", "").encode(errors="replace")
        for key in secret.values("key"):
            if hmac.compare_digest(signature(delivery.body, key).encode(), claimed):
                return Authentic()
        return Forged("signature does not match")

    def read(self, delivery: Delivery) -> Notification:
        return read(delivery, type(self).name)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        sale = await self._ask("GET", f"/sales/{notification.resource['id']}")
        if sale is None:
            raise GatewayUnavailable("no such sale yet")
        paid = Transaction(sale["id"], "sale", PaymentStatus.succeeded, Money(1, "USD"), now)
        return Confirmed(Observation(paid))

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> AnyObservation | NotYet:
        sale = await self._ask("GET", "/sales/s-1")
        if sale is None:
            return NotYet()
        return Observation(
            Transaction(sale["id"], "sale", PaymentStatus.succeeded, Money(1, "USD"), now)
        )

    def observe(self, notification: Notification) -> AnyObservation | None:
        told = notification.resource
        amount = Money(told.get("minor", 1), told.get("currency", "USD"))
        at = notification.occurred_at
        return Observation(Transaction(told["id"], "sale", PaymentStatus.succeeded, amount, at))

    @property
    def listed_for(self) -> timedelta:
        return timedelta(days=30)

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        found = await self._ask("GET", "/notifications")
        if found is None:
            raise GatewayUnavailable("no list")
        made = NOON if since <= NOON <= until else None
        sent = read(delivery(found["body"].encode(), {}), type(self).name)
        told = replace(sent, evidence=Evidence.fetched, digest="", transmission="")
        return Listed([told] if made else [], whole=True)

    async def list_payments(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        held = await self._ask("GET", f"/subscriptions/{subscription}")
        if not held or "paid" not in held or not since <= NOON <= until:
            return []
        paid = Ref(EntityKind.payment, f"{self.name}-s-1")
        return [Notification.fetched(self.name, "payment-s-1", "paid", {}, NOON, paid)]

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        if request.order.reference == DECLINED:
            return Declined("insufficient_funds")
        amount = request.order.amount
        told = {"status": "succeeded", "minor": amount.minor, "currency": amount.currency}
        try:
            await self._ask("PUT", f"/charges/{request.operation_id}", told)
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Succeeded(request.operation_id)

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        found = await self._ask("GET", f"/charges/{request.operation_id}")
        return Succeeded(request.operation_id) if found else NotFound()

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        answer = await self.context.http.request(
            method, URL + path, body=json.dumps(body).encode() if body else None
        )
        if answer.status == 404:
            return None
        if answer.status in (429, 503):
            wait = retry_after(answer, self.context.clock.now())
            raise HttpNotSent("later", retry_after=wait)
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if answer.status != 200 or not isinstance(found, dict):
            raise HttpUnanswered(UNREADABLE)
        return found


def read(delivery: Delivery, gateway: str) -> Notification:
    """What AcmePay's webhook says."""
    try:
        told = json.loads(delivery.body)
        identity, kind = told["event"], told["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MalformedDelivery("not an event") from None
    return Notification(
        id=identity,
        gateway=gateway,
        type=kind,
        entity="pay-1",
        resource={"id": "s-1", **{k: told[k] for k in ("minor", "currency") if k in told}},
        occurred_at=delivery.received_at,
        evidence=Evidence.signed,
        delivery_id=delivery.id,
        transmission=delivery.id,
        digest=hashlib.sha256(delivery.body).hexdigest(),
    )


def signature(body: bytes, key: str = KEY) -> str:
    """AcmePay's signature of a body."""
    return hmac.new(key.encode(), body, "sha256").hexdigest()
