"""The part of the gateway that moves money when told to: refunds, and what buyers owe."""

from __future__ import annotations

from datetime import timedelta

from penstock.api import (
    CollectAnswer,
    CollectRequest,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    RouteAnswer,
)
from penstock_paypal.parts import Parts


class MovesMoney:
    """`Refunds` and `Collects`."""

    _parts: Parts

    def refund_window(self, path: str) -> timedelta:
        """How long PayPal knows a refund's operation id: 30 days in v1, 45 in v2."""
        return self._parts.sends_back.window(path)

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        """Find which of PayPal's generations holds the money; moves none."""
        return await self._parts.sends_back.route(request)

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Send the money back, once for each operation id."""
        return await self._parts.sends_back.refund(request)

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        """
        Say how a pending refund stands.

        Raises:
            GatewayUnavailable: no answer.
        """
        return await self._parts.sends_back.read(request)

    @property
    def collect_window(self) -> timedelta:
        """How long PayPal knows a collection's operation id: 72 hours."""
        return self._parts.collector.window

    async def collect(self, request: CollectRequest) -> CollectAnswer:
        """Take what a subscription's buyer owes, once for each operation id."""
        return await self._parts.collector.collect(request)
