"""The part of AcmePay whose buyers approve each payment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from penstock.api import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    CheckoutRequest,
    CheckoutSeen,
    Closed,
    GatewayUnavailable,
    Money,
    NotApproved,
    Observation,
    OpenAnswer,
    Opened,
    PaymentStatus,
    Standing,
    Transaction,
)
from penstock.testing.clock import NOON
from tests.plugins.conformance.acme_subscriptions import URL, without_answer


class AcmeCheckout:
    """Checkouts; `_ask` is the gateway's."""

    checkout_keys_kept = 3600.0
    _ask: Any

    async def open_checkout(self, request: CheckoutRequest) -> OpenAnswer:
        path = f"/checkouts/{request.operation_id}"
        made = {
            "payment": request.payment_id,
            "minor": request.order.amount.minor,
            "status": "open",
        }
        try:
            await self._ask("PUT", path, made)
        except GatewayUnavailable as exc:
            return without_answer(exc)
        until = NOON + timedelta(hours=3)
        return Opened(request.operation_id, f"{URL}{path}?status=approved", until)

    async def read_checkout(self, reference: str, now: datetime) -> CheckoutSeen | None:
        held = await self._ask("GET", f"/checkouts/{reference}")
        return None if held is None else _seen(reference, held)

    async def capture_checkout(self, request: CaptureRequest) -> CaptureAnswer:
        path = f"/checkouts/{request.reference}"
        try:
            held = await self._ask("GET", path)
            if held is None:
                return Closed("there is none")
            if held["status"] == "open":
                return NotApproved()
            held = await self._ask("POST", path, {"status": "captured"})
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Captured(_seen(request.reference, held))


def _seen(reference: str, held: dict[str, Any]) -> CheckoutSeen:
    standing = Standing(held["status"])
    paid = Transaction(
        f"c-{reference}", "capture", PaymentStatus.succeeded, Money(held["minor"], "USD"), NOON
    )
    money = Observation(paid) if standing is Standing.captured else None
    return CheckoutSeen(reference, held["payment"], standing, money)
