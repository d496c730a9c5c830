"""What PayPal shows of an invoice: which it is, and where it stands (invoicing_v2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock.api import InvoiceState
from penstock_paypal import shapes

_LINK = re.compile(r".*/v2/invoicing/invoices/([A-Z0-9-]{3,64})")
_STATES = {"DRAFT": InvoiceState.draft, "CANCELLED": InvoiceState.cancelled}
_PAID = frozenset(
    {"PAID", "MARKED_AS_PAID", "REFUNDED", "PARTIALLY_REFUNDED", "MARKED_AS_REFUNDED"}
)
_CAME_TO_NOTHING = frozenset({"FAILED", "DENIED", "CANCELED", "CANCELLED"})


def state(invoice: Mapping[str, Any], sale: str) -> InvoiceState:
    """Where an invoice stands, and whether it was paid in addition to the recorded sale."""
    status = (shapes.text(invoice, "status") or "").upper()
    payments = [
        shapes.mapping(one)
        for one in shapes.sequence(shapes.at(invoice, "payments", "transactions"))
        if (shapes.text(one, "transaction_status") or "").upper() not in _CAME_TO_NOTHING
    ]
    ours = [one for one in payments if one.get("payment_id") == sale]
    if any(one not in ours and _by_the_buyer(one) for one in payments):
        return InvoiceState.paid_twice
    if status in _STATES:
        return _STATES[status]
    return InvoiceState.recorded if ours or status in _PAID else InvoiceState.sent


def _by_the_buyer(payment: Mapping[str, Any]) -> bool:
    """
    Whether the money came through PayPal, and not from a record of money that came before.

    PayPal names recorded payments EXTR-… where it gives them ids of its own.
    """
    kind = shapes.text(payment, "type") or shapes.text(payment, "method")
    recorded = (shapes.text(payment, "payment_id") or "").startswith("EXTR-")
    return kind == "PAYPAL" and not recorded


def reference_of(invoice: object) -> str | None:
    """An invoice's id, or the one its link names where PayPal answers a bare link."""
    own = shapes.identity(invoice, "id")
    if own:
        return own
    linked = _LINK.fullmatch(shapes.text(invoice, "href") or "")
    return linked[1] if linked else None
