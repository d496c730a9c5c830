"""An order as PayPal's API shows it, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.api import CheckoutSeen, Standing
from penstock_paypal import payer, shapes
from penstock_paypal.money.origin import Origin
from penstock_paypal.money.sale import Sale
from penstock_paypal.money.sales import Sales

# The states of checkout_orders_v2. COMPLETED says that there is a capture, not that it is paid.
_STANDINGS: Mapping[str, Standing] = {
    "CREATED": Standing.open,
    "SAVED": Standing.open,
    "PAYER_ACTION_REQUIRED": Standing.open,
    "APPROVED": Standing.approved,
    "COMPLETED": Standing.captured,
    "VOIDED": Standing.closed,
}


class ShownOrders:
    """Reads orders."""

    def __init__(self, sales: Sales) -> None:
        self._sales = sales

    def read(
        self, data: Mapping[str, Any], now: datetime, current: Sale | None = None
    ) -> CheckoutSeen:
        """
        Read an order.

        Args:
            current: its capture, where that was read by itself: an order may show an older copy.

        Raises:
            ValueError: it has no id, more than one purchase unit, or a capture that cannot be
                read; or its status is not known here.
        """
        identity, status = shapes.identity(data, "id"), shapes.text(data, "status") or ""
        standing = _STANDINGS.get(status)
        if identity is None or standing is None:
            raise ValueError("an order without an id or in a status that is not known here")
        unit = _unit(data)
        sale = current or capture(data, now)
        if sale is None:
            if standing is Standing.captured:
                raise ValueError("a completed order that shows no capture")
            return CheckoutSeen(identity, shapes.text(unit, "custom_id"), standing)
        owner = sale.custom or shapes.text(unit, "custom_id")
        who = payer.of_v2(data.get("payer")) or payer.of_v2(
            shapes.at(data, "payment_source", "paypal")
        )
        money = self._sales.observation(sale, Origin(payer=who), checkout=identity)
        return CheckoutSeen(identity, owner, Standing.captured, money)


def capture(data: Mapping[str, Any], now: datetime) -> Sale | None:
    """
    The order's capture as the order shows it.

    Raises:
        ValueError: it has several, or one that cannot be read.
    """
    found = shapes.sequence(shapes.at(_unit(data), "payments", "captures"))
    if len(found) > 1:
        raise ValueError("an order with several captures")
    return Sale.of(shapes.mapping(found[0]), now) if found else None


def _unit(data: Mapping[str, Any]) -> Mapping[str, Any]:
    units = shapes.sequence(data.get("purchase_units"))
    if len(units) > 1:
        raise ValueError("an order with several purchase units")
    return shapes.mapping(units[0]) if units else {}
