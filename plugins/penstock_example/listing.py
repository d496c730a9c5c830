"""
What the Example gateway lists; both are beside `request_uri`.

    GET notifications?since=…&until=…               {"notifications": [...], "more": false}
    GET subscriptions/{id}/payments?since=…&until=… {"payments": [...]}, 404

A notification is the body that was sent, a payment what its notification holds as `data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from penstock.api import (
    EntityKind,
    GatewayUnavailable,
    Listed,
    Notification,
    Ref,
    Unconfirmable,
)
from penstock_example import reading
from penstock_example.asking import Asking
from penstock_example.notifying import fetched
from penstock_example.requesting import resource

LISTED_FOR = timedelta(days=30)


class Listing(Asking):
    """Lists notifications, and the payments of a subscription."""

    name = "example"

    @property
    def listed_for(self) -> timedelta:
        """How long it lists a notification."""
        return LISTED_FOR

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        """
        One page of the notifications of a span of time.

        Raises:
            GatewayUnavailable: no answer that can be read.
        """
        found = await resource(self._context, f"notifications?{_span(since, until)}") or {}
        try:
            read = [fetched(self.name, one) for one in found["notifications"]]
            return Listed(read, whole=found["more"] is False)
        except reading.UNREADABLE as exc:
            raise GatewayUnavailable("the gateway's notifications cannot be read") from exc

    async def list_payments(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        """
        The payments of a subscription in a span of time.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: a payment cannot be read.
        """
        path = f"subscriptions/{quote(subscription, safe='')}/payments?{_span(since, until)}"
        found = await resource(self._context, path)
        try:
            return [self._payment(one) for one in found["payments"]] if found else []
        except reading.UNREADABLE as exc:
            raise Unconfirmable("the gateway's payments cannot be read") from exc

    def _payment(self, raw: dict[str, Any]) -> Notification:
        reference = reading.identity(raw["id"])
        return Notification.fetched(
            self.name,
            f"payment-{reference}",
            "payment.succeeded",
            dict(raw),
            reading.moment(raw["at"]),
            Ref(EntityKind.payment, f"{self.name}-{reference}"),
            resource_id=reference,
        )


def _span(since: datetime, until: datetime) -> str:
    return urlencode({"since": since.isoformat(), "until": until.isoformat()})
