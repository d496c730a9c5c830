"""What happened at PayPal, and how each webhook about it was delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Document, written

_MOST = 20_000
"""Events that are kept; the oldest go first."""


@dataclass(slots=True)
class Attempt:
    """One POST to the receiver, and its status; None when it gave none."""

    at: datetime
    status: int | None

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, eq=False)
class Transmission:
    """
    One event on its way to one address.

    Attributes:
        headers: the same at every attempt: PayPal keeps id and time.
        due: when the next attempt is; None when there is none to come.
        waits: how many other transmissions must be sent before it.
    """

    url: str
    event_type: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    due: datetime | None = None
    waits: int = 0
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    @property
    def id(self) -> str:
        """PayPal's id of the transmission."""
        return self.headers["PAYPAL-TRANSMISSION-ID"]

    @property
    def status(self) -> str:
        """PENDING, SUCCESS or FAILURE."""
        if self.attempts and self.attempts[-1].taken:
            return "SUCCESS"
        return "PENDING" if self.due is not None or self.waits else "FAILURE"

    def shown(self) -> Document:
        """The transmission as the API shows it in an event."""
        made: Document = {"webhook_url": self.url, "transmission_id": self.id}
        if self.attempts and self.attempts[-1].status is not None:
            made["http_status"] = self.attempts[-1].status
        stamp = self.headers["PAYPAL-TRANSMISSION-TIME"]
        return {**made, "status": self.status, "timestamp": stamp}


@dataclass(slots=True)
class Kept:
    """An event, the bytes its webhooks carry, and its transmissions, oldest first."""

    event: Document
    body: bytes = field(repr=False)
    at: datetime
    transmissions: list[Transmission] = field(default_factory=list[Transmission])

    def shown(self, base: str) -> Document:
        """The event as the API shows it: not byte for byte what the webhook carries."""
        href = f"{base}/v1/notifications/webhooks-events/{self.event['id']}"
        made: Document = {
            **self.event,
            "links": [
                {"href": href, "rel": "self", "method": "GET", "encType": "application/json"},
                {
                    "href": f"{href}/resend",
                    "rel": "resend",
                    "method": "POST",
                    "encType": "application/json",
                },
            ],
        }
        statuses = {one.status for one in self.transmissions}
        if statuses:
            made["status"] = next(
                one for one in ("PENDING", "FAILURE", "SUCCESS") if one in statuses
            )
            made["transmissions"] = [one.shown() for one in self.transmissions]
        return made

    def concerns(self, transaction_id: str) -> bool:
        """Whether it is about that transaction, or names it as the one it undoes."""
        resource = shapes.mapping(self.event.get("resource"))
        named = (resource.get(one) for one in ("id", "sale_id", "capture_id", "parent_payment"))
        return transaction_id in set(map(str, filter(None, named)))


class Archive:
    """The events by id, oldest first."""

    def __init__(self) -> None:
        self.events: dict[str, Kept] = {}

    def keep(self, event: Document, now: datetime, body: bytes | None = None) -> Kept:
        """
        Take an event down; one that has happened before keeps its deliveries.

        Args:
            body: the bytes its webhooks carry; by default the event as compact JSON.
        """
        if body is None:
            body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        identity = shapes.text(event, "id")
        known = self.events.pop(identity, None) if identity else None
        kept = Kept(event, body, now, known.transmissions if known else [])
        if identity:
            self.events[identity] = kept
            while len(self.events) > _MOST:
                del self.events[next(iter(self.events))]
        return kept

    def between(self, start: datetime | None, end: datetime | None) -> list[Kept]:
        """The events of a span of time, its ends included, the newest first."""
        return [
            one
            for one in reversed(self.events.values())
            if (start is None or one.at >= start) and (end is None or one.at <= end)
        ]


def listed(transmission: Transmission) -> dict[str, Any]:
    """A transmission for tests and for people, with every attempt."""
    due = transmission.due
    return {
        "transmission_id": transmission.id,
        "event_type": transmission.event_type,
        "url": transmission.url,
        "status": transmission.status,
        "due": written(due) if due else None,
        "attempts": [
            {"at": written(one.at), "status": one.status} for one in transmission.attempts
        ],
    }
