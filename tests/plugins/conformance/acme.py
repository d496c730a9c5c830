"""AcmePay and its sink, which do everything right, and the provider behind them."""

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
    Attempt,
    Authentic,
    Authenticity,
    ChargeAnswer,
    ChargeRequest,
    Confirmation,
    Confirmed,
    Context,
    CreateAnswer,
    Declined,
    Delivered,
    Delivering,
    Delivery,
    Door,
    EntityKind,
    Event,
    Evidence,
    Forged,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Invoice,
    InvoiceDraft,
    InvoiceRefund,
    InvoiceRefused,
    InvoiceState,
    Listed,
    LookupAnswer,
    MalformedDelivery,
    Money,
    NotFound,
    Notification,
    NotSent,
    NotYet,
    Observation,
    PaymentStatus,
    Ref,
    Response,
    RetryAfter,
    Succeeded,
    Transaction,
    Unanswered,
    Undecided,
    retry_after,
)
from penstock.testing.builders import delivery
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.conformance.acme_checkout import AcmeCheckout
from tests.plugins.conformance.acme_collects import AcmeCollects
from tests.plugins.conformance.acme_refunds import AcmeRefunds
from tests.plugins.conformance.acme_subscriptions import HELD, AcmeSubscriptions

URL = "https://acme.test"
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


class AcmePay(AcmeSubscriptions, AcmeCheckout, AcmeRefunds, AcmeCollects):
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
        try:
            told = json.loads(delivery.body)
            identity, kind = told["event"], told["type"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise MalformedDelivery("not an event") from None
        return Notification(
            id=identity,
            gateway=self.name,
            type=kind,
            entity="pay-1",
            resource={"id": "s-1", **{k: told[k] for k in ("minor", "currency") if k in told}},
            occurred_at=delivery.received_at,
            evidence=Evidence.signed,
            delivery_id=delivery.id,
            transmission=delivery.id,
            digest=hashlib.sha256(delivery.body).hexdigest(),
        )

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
        sent = self.read(delivery(found["body"].encode(), {}, gateway=self.name))
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
        except HttpNotSent as exc:
            return NotSent("not sent", exc.retry_after)
        except GatewayUnavailable:
            return Unanswered("no answer")
        return Succeeded(request.operation_id)

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        found = await self._ask("GET", f"/charges/{request.operation_id}")
        return Succeeded(request.operation_id) if found else NotFound()

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        try:
            await self._ask("PUT", f"/invoices/{draft.number}", _draft(draft))
        except HttpNotSent:
            return NotSent("not sent")
        except GatewayUnavailable:
            return Unanswered("no answer")
        return Succeeded(draft.number)

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        found = await self._ask("GET", f"/invoices/{reference or draft.number}")
        if found is None:
            return None
        foreign = reference is None and found["sale"] != draft.transaction
        return Invoice(draft.number, draft.number, InvoiceState(found["state"]), foreign)

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        await self._ask("POST", f"/invoices/{reference}", {"state": "sent"})

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        await self._ask("POST", f"/invoices/{reference}", {"state": "recorded"})

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        held = await self._ask("GET", f"/invoices/{reference}")
        if held and held["state"] == "recorded":
            raise InvoiceRefused("it is paid")
        await self._ask("POST", f"/invoices/{reference}", {"state": "cancelled"})

    async def invoice_refunds(
        self, reference: str, draft: InvoiceDraft
    ) -> tuple[InvoiceRefund, ...]:
        found = await self._ask("GET", f"/invoices/{reference}") or {}
        return tuple(
            InvoiceRefund(identity, Money(minor, draft.amount.currency))
            for identity, minor in found.get("refunds", [])
        )

    async def record_refund(self, reference: str, draft: InvoiceDraft, amount: Money) -> None:
        held = await self._ask("GET", f"/invoices/{reference}") or {}
        refunds = held.get("refunds", [])
        one = [f"r-{len(refunds)}", amount.minor]
        await self._ask("POST", f"/invoices/{reference}", {"refunds": [*refunds, one]})

    async def delete_refund(self, reference: str, draft: InvoiceDraft, refund: str) -> None:
        held = await self._ask("GET", f"/invoices/{reference}") or {}
        left = [one for one in held.get("refunds", []) if one[0] != refund]
        await self._ask("POST", f"/invoices/{reference}", {"refunds": left})

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
            raise HttpUnanswered("no answer that can be read")
        return found


class AcmeSink:
    """A sink that posts every event."""

    name = "acmesink"

    def __init__(self, context: Context[AcmeSettings]) -> None:
        self.context = context

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        try:
            secret = await self.context.secrets.get()
            answer = await self.context.http.request(
                "PUT", f"{URL}/events", body=event.dumps().encode()
            )
        except GatewayUnavailable:
            return RetryAfter("no answer")
        assert secret.values("key")
        if answer.status == 200:
            return Delivered()
        return RetryAfter("not now", retry_after(answer, self.context.clock.now()))


def _draft(draft: InvoiceDraft) -> dict[str, Any]:
    return {"state": "draft", "sale": draft.transaction}


def signature(body: bytes, key: str = KEY) -> str:
    """AcmePay's signature of a body."""
    return hmac.new(key.encode(), body, "sha256").hexdigest()
