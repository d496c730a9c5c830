"""Events: facts we publish, past tense, immutable; on the wire CloudEvents 1.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from penstock.errors import MalformedMessage


class EventType(StrEnum):
    """The events there are; each has a JSON Schema in contracts/events."""

    payment_succeeded = "payment.succeeded"
    payment_declined = "payment.declined"
    payment_pending = "payment.pending"
    payment_refunded = "payment.refunded"
    payment_reversed = "payment.reversed"
    payment_contradicted = "payment.contradicted"
    payment_parked = "payment.parked"
    invoice_paid = "invoice.paid"
    invoice_withheld = "invoice.withheld"
    invoice_paid_twice = "invoice.paid_twice"


@dataclass(frozen=True, slots=True)
class Event:
    """
    One fact about one entity.

    Attributes:
        id: unique over all events; it is the deduplication id wherever the event goes.
        entity: the payment it is about, also for its invoice: one entity, one order.
        sequence: its place among the entity's events, from 1.
    """

    id: str
    type: EventType
    entity: str
    gateway: str
    sequence: int
    time: datetime
    data: Mapping[str, Any] = field(repr=False)

    def cloud_event(self) -> dict[str, Any]:
        """The event in CloudEvents 1.0 JSON (cloudevents.io, JSON event format)."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": f"urn:penstock:{self.gateway}",
            "type": self.type.value,
            "subject": self.entity,
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "gateway": self.gateway,
            # CloudEvents' sequence extension wants a text that sorts as the numbers do.
            "sequence": f"{self.sequence:012d}",
            "data": dict(self.data),
        }

    def dumps(self) -> str:
        """The event as a queue message."""
        return json.dumps(self.cloud_event(), separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> Event:
        """
        Read what `dumps` wrote.

        Raises:
            MalformedMessage: not such a message.
        """
        try:
            raw = json.loads(text)
            return cls(
                id=str(raw["id"]),
                type=EventType(raw["type"]),
                entity=str(raw["subject"]),
                gateway=str(raw["gateway"]),
                sequence=int(raw["sequence"]),
                time=datetime.fromisoformat(raw["time"]),
                data=dict(raw["data"]),
            )
        except (ValueError, KeyError, TypeError) as exc:
            raise MalformedMessage("not an event as publish writes it") from exc
