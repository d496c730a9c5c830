"""AcmePay's refunds, which do everything right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.api import (
    Critical,
    Declined,
    GatewayUnavailable,
    NotSent,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    RouteAnswer,
    Routed,
    Succeeded,
)
from tests.plugins.conformance.acme_subscriptions import without_answer

_PAID = 1250


class AcmeRefunds:
    """Refunds of a sale of 12.50; `_ask` is the gateway's."""

    _ask: Any

    def refund_window(self, path: str) -> timedelta:
        return timedelta(days=30)

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        try:
            sale = await self._ask("GET", f"/sales/{request.transaction}")
        except GatewayUnavailable:
            return NotSent("not now")
        return Routed("/refunds") if sale else Declined("no such sale")

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        if request.amount.minor > _PAID:
            because = "more than was paid"
            return Critical(because) if request.doubted else Declined(because)
        try:
            await self._ask(
                "PUT", f"{request.path}/{request.operation_id}", {"amount": request.amount.minor}
            )
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Succeeded(request.operation_id)

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        if await self._ask("GET", f"{request.path}/{request.operation_id}") is None:
            raise GatewayUnavailable("no such refund yet")
        return Succeeded(request.operation_id)
