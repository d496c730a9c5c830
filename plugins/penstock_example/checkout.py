"""
Checkouts at the Example gateway: the buyer approves one payment, then its money is captured.

    POST checkouts                  201 {"id", "approval_url", "expires_at"}; one for an
                                    Idempotency-Key, which is kept for a day
    GET  checkouts/{id}             200 {"id", "payment", "status", "money"}; 404
    POST checkouts/{id}/capture     200 the same; one capture, whatever the key
                                    402 declined: the buyer may approve it again
                                    409 {"code": "not_approved"}; 410 it is over

Its status is open, approved, captured or closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from penstock.api import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    CheckoutRequest,
    CheckoutSeen,
    Closed,
    Context,
    Declined,
    Money,
    NotApproved,
    NotSent,
    Observation,
    OpenAnswer,
    Opened,
    PaymentStatus,
    Response,
    Standing,
    Transaction,
    Unanswered,
    Unconfirmable,
)
from penstock_example import reading
from penstock_example.charge import code_of
from penstock_example.requesting import address, post, refusal, resource
from penstock_example.settings import ExampleSettings

_DAY = 24 * 3600.0


class CheckingOut:
    """Opens, reads and captures checkouts."""

    checkout_keys_kept = _DAY

    name = "example"
    _context: Context[ExampleSettings]

    async def open_checkout(self, request: CheckoutRequest) -> OpenAnswer:
        """Open a checkout; the operation's id is the idempotency key."""
        order = request.order
        body = {
            "id": request.operation_id,
            "payment": request.payment_id,
            "minor": order.amount.minor,
            "currency": order.amount.currency,
            "reference": order.reference,
            "description": order.description,
            "return_url": request.return_url,
            "cancel_url": request.cancel_url,
            "notify_url": f"{self._context.api_url.rstrip('/')}/webhooks/{self.name}",
            "brand": request.brand,
        }
        sent = await self._send("checkouts", body, request.operation_id)
        if not isinstance(sent, Response):
            return sent
        made = reading.object_of(sent)
        if sent.status not in (200, 201):
            return refusal(sent, self._context.clock.now())
        try:
            return Opened(
                reading.identity((made or {})["id"]),
                reading.address_of((made or {})["approval_url"]),
                reading.moment((made or {})["expires_at"]),
            )
        except reading.UNREADABLE:
            return Unanswered("the gateway's answer cannot be read")

    async def read_checkout(self, reference: str, now: datetime) -> CheckoutSeen | None:
        """
        Read a checkout; None where the gateway knows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: a value of it cannot be read.
        """
        read = await resource(self._context, f"checkouts/{quote(reference, safe='')}")
        if read is None:
            return None
        try:
            return _seen(read)
        except reading.UNREADABLE as exc:
            raise Unconfirmable("the gateway's checkout cannot be read") from exc

    async def capture_checkout(self, request: CaptureRequest) -> CaptureAnswer:
        """Capture an approved checkout; the operation's id is the idempotency key."""
        where = f"checkouts/{quote(request.reference, safe='')}/capture"
        sent = await self._send(where, {"id": request.operation_id}, request.operation_id)
        if not isinstance(sent, Response):
            return sent
        said = reading.object_of(sent) or {}
        match sent.status:
            case 200 | 201:
                try:
                    return Captured(_seen(said))
                except reading.UNREADABLE:
                    return Unanswered("the gateway's answer cannot be read")
            case 402:
                return Declined(code_of(said) or "declined")
            case 409 if said.get("code") == "not_approved":
                return NotApproved()
            case 404 | 410:
                return Closed("the gateway has closed the checkout")
            case _:
                return refusal(sent, self._context.clock.now())

    async def _send(
        self, where: str, body: Mapping[str, Any], key: str
    ) -> Response | NotSent | Unanswered:
        sent = json.dumps(body, separators=(",", ":")).encode()
        return await post(self._context, address(self._context, where), sent, key)


def _seen(raw: Mapping[str, Any]) -> CheckoutSeen:
    identity, money = reading.identity(raw["id"]), raw.get("money")
    return CheckoutSeen(
        identity,
        str(raw["payment"]),
        Standing(raw["status"]),
        _money(money, identity) if money else None,
    )


def _money(raw: Mapping[str, Any], checkout: str) -> Observation:
    amount = Money(raw["minor"], raw["currency"])
    status = PaymentStatus(raw["status"])
    paid = Transaction(
        reading.identity(raw["id"]), "capture", status, amount, reading.moment(raw["at"])
    )
    return Observation(paid, checkout=checkout)
