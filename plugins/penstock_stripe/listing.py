"""
What Stripe lists.

    GET events      for 30 days, each as it was sent (docs.stripe.com/api/events)
    GET invoices    a subscription's paid ones, with the intents that paid them
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.api import (
    Context,
    EntityKind,
    Listed,
    MalformedDelivery,
    Notification,
    Ref,
)
from penstock_stripe import names, notification, shapes
from penstock_stripe.client import Client
from penstock_stripe.pages import NothingThere, everything, upto
from penstock_stripe.settings import StripeSettings

LISTED_FOR = timedelta(days=30)
_PAID_LATE = timedelta(days=35)
"""How long after an invoice was made its payment may come and still be found in the list."""


class Listing:
    """Lists events, and the payments of a subscription."""

    name = "stripe"
    _client: Client
    _context: Context[StripeSettings]

    @property
    def listed_for(self) -> timedelta:
        """How long Stripe lists an event."""
        return LISTED_FOR

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        """
        The events of a span of time, a thousand at most.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: Stripe will never answer that question.
        """
        # Stripe's times are whole seconds.
        span = {"gte": math.floor(since.timestamp()), "lte": math.ceil(until.timestamp())}
        events, whole = await upto(self._client, "events", {"created": span})
        read = [one for event in events if (one := self._event(event))]
        return Listed(read, whole=whole, unreadable=len(events) - len(read))

    async def list_payments(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        """
        The payments of a subscription in a span of time.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: Stripe will never answer that question.
        """
        asked = {
            "subscription": subscription,
            "status": "paid",
            "created": {"gte": math.floor((since - _PAID_LATE).timestamp())},
            "expand": ["data.payments"],
        }
        try:
            invoices = await everything(self._client, "invoices", asked)
        except NothingThere:
            return []
        found = (self._paid(shapes.mapping(one), since, until) for one in invoices)
        return [one for payments in found for one in payments]

    def _event(self, event: Any) -> Notification | None:
        try:
            return notification.read(self.name, shapes.mapping(event))
        except MalformedDelivery as exc:
            self._context.log.warning("stripe.event_unreadable", because=str(exc))
            return None

    def _paid(
        self, invoice: Mapping[str, Any], since: datetime, until: datetime
    ) -> Sequence[Notification]:
        at = shapes.moment(invoice, "status_transitions", "paid_at")
        if at is None or not since <= at <= until:
            return []
        paid = (shapes.identity(one, "payment", "payment_intent") for one in _payments(invoice))
        return [self._payment(intent, at) for intent in paid if intent]

    def _payment(self, intent: str, at: datetime) -> Notification:
        return Notification.fetched(
            self.name,
            f"payment-{intent}",
            "payment_intent.succeeded",
            {"id": intent, "object": "payment_intent"},
            at,
            Ref(EntityKind.payment, names.entity(self.name, intent)),
            resource_type="payment_intent",
            resource_id=intent,
        )


def _payments(invoice: Mapping[str, Any]) -> list[Any]:
    """The payments that an invoice was paid by."""
    return [one for one in shapes.listed(invoice, "payments") if _is_paid(one)]


def _is_paid(payment: Any) -> bool:
    return shapes.text(payment, "status") == "paid"
