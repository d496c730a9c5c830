"""Events: facts we publish, past tense, immutable; on the wire CloudEvents 1.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from penstock.domain.ref import EntityKind, Ref
from penstock.errors import MalformedMessage


class EventType(StrEnum):
    """The events there are; each has a JSON Schema in contracts/events."""

    payment_succeeded = "payment.succeeded"
    payment_declined = "payment.declined"
    payment_pending = "payment.pending"
    payment_expired = "payment.expired"
    payment_refunded = "payment.refunded"
    payment_reversed = "payment.reversed"
    payment_restored = "payment.restored"
    payment_on_hold = "payment.on_hold"
    payment_released = "payment.released"
    payment_contradicted = "payment.contradicted"
    payment_parked = "payment.parked"
    refund_failed = "refund.failed"
    refund_parked = "refund.parked"
    collection_failed = "collection.failed"
    collection_parked = "collection.parked"
    invoice_paid = "invoice.paid"
    invoice_withheld = "invoice.withheld"
    invoice_paid_twice = "invoice.paid_twice"
    dispute_opened = "dispute.opened"
    dispute_updated = "dispute.updated"
    dispute_resolved = "dispute.resolved"
    subscription_created = "subscription.created"
    subscription_activated = "subscription.activated"
    subscription_renewed = "subscription.renewed"
    subscription_payment_failed = "subscription.payment_failed"
    subscription_suspended = "subscription.suspended"
    subscription_resumed = "subscription.resumed"
    subscription_cancelled = "subscription.cancelled"
    subscription_expired = "subscription.expired"
    subscription_revised = "subscription.revised"
    subscription_access_ended = "subscription.access_ended"
    subscription_access_restored = "subscription.access_restored"
    notification_recorded = "notification.recorded"


@dataclass(frozen=True, slots=True)
class Event:
    """
    One fact about one entity.

    Attributes:
        id: unique among all events; the deduplication id wherever the event is sent.
        type: an EventType, or a text that only newer code knows: sinks skip it.
        entity: the id of the entity it is about; an invoice's is its payment: one entity, one
            order.
        sequence: its place among the entity's events, from 1.
    """

    id: str
    type: str
    entity: str
    gateway: str
    sequence: int
    time: datetime
    data: Mapping[str, Any] = field(repr=False)

    @property
    def ref(self) -> Ref:
        """The entity it is about; the type says of which kind it is."""
        return Ref(kind_of(self.type), self.entity)

    @property
    def known(self) -> bool:
        """Whether this code knows what the event says."""
        return self.type in set(EventType)

    def cloud_event(self) -> dict[str, Any]:
        """The event in CloudEvents 1.0 JSON (cloudevents.io, JSON event format)."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": f"urn:penstock:{self.gateway}",
            "type": str(self.type),
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
        return _text(self.cloud_event())

    def kept(self) -> str:
        """
        The event as the ledger keeps it, for `loads`: without the fields that all events share.

        An item of more than 1 KB costs twice as much to write, and it is in an index, too.
        """
        event = self.cloud_event()
        for same in ("specversion", "source", "datacontenttype"):
            del event[same]
        return _text(event)

    @classmethod
    def loads(cls, text: str) -> Event:
        """
        Read what `dumps` or `kept` wrote.

        Raises:
            MalformedMessage: not such a message.
        """
        try:
            raw = json.loads(text)
            return cls(
                id=str(raw["id"]),
                type=_type(str(raw["type"])),
                entity=str(raw["subject"]),
                gateway=str(raw["gateway"]),
                sequence=int(raw["sequence"]),
                time=datetime.fromisoformat(raw["time"]),
                data=dict(raw["data"]),
            )
        except (ValueError, KeyError, TypeError) as exc:
            raise MalformedMessage("not an event as publish writes it") from exc


def kind_of(event_type: str) -> EntityKind:
    """The kind of entity that an event of this type is about; an invoice's is its payment."""
    subject = event_type.partition(".")[0]
    return EntityKind(subject) if subject in set(EntityKind) else EntityKind.payment


def _text(event: Mapping[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"))


def _type(text: str) -> str:
    """The event's type; a text if only newer code knows it, which runs during a deployment."""
    return EventType(text) if text in set(EventType) else text
