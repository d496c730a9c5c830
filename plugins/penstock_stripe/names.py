"""How Stripe's objects and our entities name each other."""

from __future__ import annotations

import re
from typing import Any

from penstock_stripe import shapes

PAYMENT = "penstock_payment"
"""The metadata that holds our id of a payment; Stripe copies it to the intent's charge."""
OPERATION = "penstock_operation"
"""The metadata that holds the id of our operation, at an intent and at a refund."""
REFERENCE = "penstock_reference"
"""The metadata that holds the merchant's own reference."""
_OURS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
"""What an id of a payment looks like (contracts/messages/payment.json)."""


def entity(gateway: str, reference: str) -> str:
    """Our id of something that began at Stripe."""
    return f"{gateway}-{reference}"


def stripe_id(gateway: str, entity_id: str | None) -> str | None:
    """Stripe's id in ours, if ours is made of one."""
    begins, name = f"{gateway}-", entity_id or ""
    found = name.removeprefix(begins)
    return found if name.startswith(begins) and shapes.ID.fullmatch(found) else None


def owner(gateway: str, intent: Any) -> str | None:
    """Our id of the payment of an intent: ours if it names one, else made of Stripe's."""
    own = claimed(intent)
    reference = shapes.identity(intent, "id")
    return own or (entity(gateway, reference) if reference else None)


def claimed(resource: Any) -> str | None:
    """Our id of a payment in an object's metadata."""
    own = shapes.text(resource, "metadata", PAYMENT)
    return own if own and _OURS.fullmatch(own) else None


def intent_of(resource: Any) -> str | None:
    """Stripe's id of the intent that an object is, or belongs to."""
    if shapes.text(resource, "object") == "payment_intent":
        return shapes.identity(resource, "id")
    return shapes.identity(resource, "payment_intent")
