"""A charge as the Example gateway reads and writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from penstock.api import ChargeRequest, Declined, Order, Pending, Succeeded

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST_REFERENCE = 255


def body_of(request: ChargeRequest) -> bytes:
    """The request's body; the same for every attempt, or the key would be reused."""
    order: Order = request.order
    payer = order.payer
    body = {
        "id": request.operation_id,
        "payment_id": request.payment_id,
        "amount": order.amount.minor,
        "currency": order.amount.currency,
        "reference": order.reference,
        "description": order.description,
        "payer": {"reference": payer.reference, "name": payer.name, "email": payer.email}
        if payer
        else None,
        "metadata": dict(order.metadata),
    }
    return json.dumps(body, separators=(",", ":")).encode()


def outcome_of(charge: Mapping[str, Any]) -> Succeeded | Declined | Pending | None:
    """What a charge's representation says; None when it cannot be read."""
    reference = charge.get("id")
    if not isinstance(reference, str) or not 0 < len(reference) <= _LONGEST_REFERENCE:
        return None
    match charge.get("status"):
        case "succeeded":
            return Succeeded(reference)
        case "pending":
            return Pending(reference)
        case "declined":
            return Declined(f"the gateway declined it: {code_of(charge) or 'declined'}")
        case _:
            return None


def code_of(charge: Mapping[str, Any]) -> str | None:
    """The gateway's short code; anything that does not look like one is left out."""
    code = charge.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None
