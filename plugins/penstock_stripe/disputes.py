"""
Disputes at Stripe: chargebacks, and the inquiries that may come before them.

    GET disputes/{id}    with the payment intent that it is about
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.api import (
    Claimed,
    Confirmation,
    Confirmed,
    DisputeObservation,
    DisputeOutcome,
    GatewayUnavailable,
    Notification,
    NotYet,
)
from penstock_stripe import money, names, shapes
from penstock_stripe.client import Answer, Client
from penstock_stripe.shown import page

_WHAT = "show dispute"
_OTHER = "other"
_AGAIN = 30.0
_REFUSED = "Stripe does not let this API key read disputes (403): allow it to read them"
_OUTCOMES: Mapping[str, DisputeOutcome] = {
    "won": DisputeOutcome.seller,
    "lost": DisputeOutcome.buyer,
    # An inquiry that ended without becoming a chargeback.
    "warning_closed": DisputeOutcome.seller,
    # Refunded before it became one (docs.stripe.com/disputes/prevention).
    "prevented": DisputeOutcome.other,
}


class Disputes:
    """Asks Stripe how disputes stand."""

    def __init__(self, client: Client, gateway: str) -> None:
        self._client = client
        self._gateway = gateway

    async def confirm(self, notification: Notification, reference: str) -> Confirmation:
        """
        Read the dispute again; what the signed body says where the key may not read disputes.

        Raises:
            GatewayUnavailable: no answer.
        """
        answer = await self._ask(reference)
        if answer.status == 403:
            said = self._seen(notification.resource, reference, notification.occurred_at)
            return Claimed(said, _REFUSED)
        if answer.absent:
            return NotYet(_AGAIN)
        return Confirmed(self._read(answer, reference, notification.occurred_at))

    async def read(self, reference: str, now: datetime) -> DisputeObservation | NotYet:
        """
        The dispute as it stands now; NotYet where Stripe does not show it.

        Raises:
            GatewayUnavailable: no answer.
        """
        answer = await self._ask(reference)
        if answer.absent or answer.status == 403:
            return NotYet()
        return self._read(answer, reference, now)

    async def _ask(self, reference: str) -> Answer:
        path, expand = f"disputes/{reference}", {"expand": ["payment_intent"]}
        return await self._client.get(path, _WHAT, expand)

    def _read(self, answer: Answer, reference: str, fallback: datetime) -> DisputeObservation:
        if not answer.ok:
            raise answer.unavailable(_WHAT)
        if shapes.identity(answer.data, "id") != reference:
            raise GatewayUnavailable("Stripe, show dispute: the answer is another object")
        return self._seen(answer.data, reference, fallback)

    def _seen(
        self, shown: Mapping[str, Any], reference: str, fallback: datetime
    ) -> DisputeObservation:
        """A dispute in our words; what is odd stays unknown, because the seller has a deadline."""
        status = shapes.code(shown, "status") or _OTHER
        intent = shapes.at(shown, "payment_intent")
        found = names.owner(self._gateway, intent) if isinstance(intent, dict) else None
        named = shapes.identity(shown, "payment_intent")
        payment = found or (names.entity(self._gateway, named) if named else None)
        return DisputeObservation(
            reference=reference,
            status=status,
            opened_at=shapes.moment(shown, "created") or fallback,
            reason=shapes.code(shown, "reason"),
            amount=money.read(shown),
            payments=(payment,) if payment else (),
            respond_by=shapes.moment(shown, "evidence_details", "due_by"),
            outcome=_OUTCOMES.get(status),
            links={"stripe": page(shown, f"disputes/{reference}")},
        )
