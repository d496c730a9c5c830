"""What a cycle costs, and money as PayPal writes it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.shapes import WITHOUT_DECIMALS
from penstock_paypal.simulator.books import Document

ZERO = Decimal(0)


def price(plan: Mapping[str, Any], cycle: Mapping[str, Any], bought: Mapping[str, Any]) -> Decimal:
    """
    What a subscriber pays for one cycle: price times quantity, exclusive tax and shipping.

    Args:
        plan: the plan with the subscription's own overrides.
        cycle: one of its billing cycles; without a pricing scheme it is free.
        bought: the subscription.
    """
    each = number(shapes.at(cycle, "pricing_scheme", "fixed_price", "value"))
    total = each * number(bought.get("quantity") or "1")
    taxes = shapes.mapping(plan.get("taxes"))
    if taxes.get("inclusive") is False:
        total += total * number(taxes.get("percentage")) / 100
    if total:
        total += number(shapes.at(bought, "shipping_amount", "value"))
    return total.quantize(_unit(currency(plan)), ROUND_HALF_UP)


def setup_fee(plan: Mapping[str, Any]) -> Decimal:
    """What a subscriber pays once, on approval."""
    return number(shapes.at(plan, "payment_preferences", "setup_fee", "value"))


def currency(plan: Mapping[str, Any]) -> str:
    """The plan's only currency."""
    for cycle in shapes.sequence(plan.get("billing_cycles")):
        if code := shapes.text(cycle, "pricing_scheme", "fixed_price", "currency_code"):
            return code
    return "USD"


def number(value: object) -> Decimal:
    """The number in PayPal's text; 0 if there is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return ZERO
    return found if found.is_finite() else ZERO


def in_billing(value: Decimal, code: str) -> Document:
    """The amount as subscriptions show it: "5.0", not "5.00"."""
    written = f"{value.normalize():f}"
    if "." not in written and code not in WITHOUT_DECIMALS:
        written += ".0"
    return {"currency_code": code, "value": written}


def in_sale(value: Decimal, code: str) -> Document:
    """The amount as v1 sales show it."""
    total = f"{value.quantize(_unit(code), ROUND_HALF_UP):f}"
    return {"total": total, "currency": code, "details": {"subtotal": total}}


def _unit(code: str) -> Decimal:
    return Decimal(1) if code in WITHOUT_DECIMALS else Decimal("0.01")
