"""PayPal's own list of its events: what it sent us, and what it could not deliver."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from penstock.api import Clock, GatewayUnavailable, Listed, Log, MalformedDelivery, Notification
from penstock_paypal import shapes
from penstock_paypal.client.api import Api
from penstock_paypal.webhooks import door, notification

EVENTS = "/v1/notifications/webhooks-events"
PAGE = 100
SURE = 10
"""
PayPal's page unless one asks for more (notifications_webhooks_v1, `page_size`), so fewer events
than that are all there are. How many it shows at most is written nowhere.
"""
_SIZE_LIMIT = PAGE * door.DOOR.body_limit
"""
Bytes of a page of the largest events. An event carries all its transmissions: a page of an
outage's events is larger than any other answer, and no run may stop at it.
"""


class EventList:
    """Asks for it."""

    def __init__(self, api: Api, gateway: str, clock: Clock, log: Log) -> None:
        self._api = api
        self._gateway = gateway
        self._clock = clock
        self._log = log

    async def list(self, since: datetime, until: datetime) -> Listed:
        """
        One page of the events of a span of time, its ends included.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        asked = {"page_size": PAGE, "start_time": _written(since), "end_time": _written(until)}
        answer = await self._api.read(
            f"{EVENTS}?{urlencode(asked)}", "list events", limit=_SIZE_LIMIT
        )
        if answer is None:
            # The list is always there: a 404 is an edge proxy's, and no empty list.
            raise GatewayUnavailable("PayPal, list events: 404")
        shown = shapes.sequence(answer.data.get("events"))
        read = [one for event in shown if (one := self._read(shapes.mapping(event)))]
        return Listed(read, whole=len(shown) < SURE, unreadable=len(shown) - len(read))

    def _read(self, event: Mapping[str, Any]) -> Notification | None:
        try:
            return notification.fetched(self._gateway, event, self._clock.now())
        except MalformedDelivery as exc:
            self._log.warning("paypal.event_unreadable", because=str(exc))
            return None


def _written(at: datetime) -> str:
    """A time as PayPal takes it, with fractions only where there are any."""
    at = at.astimezone(UTC).replace(tzinfo=None)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds") + "Z"
