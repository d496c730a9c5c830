"""
The items of the ledger's table: what is under which key.

    pk                         sk                 holds
    payment#<id>               state              the payment; due_pk (one of eight) and due_at
                                                  while it is due
    payment#<id>               event#<sequence>   an event; events_pk its day, events_sk its place
    seen#<key>                 seen               the digest; gone after 90 days (expires_at)
    days                       <day>              a day that has events: listing skips the others
    attempt#<sink>#<event id>  attempt            when the sink had the event; gone after 30 days
    tokens                     <token id>         a bearer token's hash
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from penstock.adapters.archive import place, stamp
from penstock.adapters.aws.records import payment_record, read_payment
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.change import Seen
from penstock.domain.events import Event
from penstock.domain.payment import Payment

DUE_INDEX = "due"
EVENTS_INDEX = "events"
DUE = tuple(f"due#{shard}" for shard in range(8))
"""
The due index's partitions; a payment is always in the same one.

One alone would take a thousand writes a second, and every commit of a payment under way is one.
"""
DAYS = "days"
SEEN_FOR = timedelta(days=90)
"""Longer than any gateway re-sends a notification, and longer than a queue keeps one."""
ATTEMPTS_FOR = timedelta(days=30)
"""Longer than a queue and then its dead-letter queue keep a message (14 days each)."""
_DATE = len("2026-11-02")


def payment_key(payment_id: str) -> Item:
    """Where a payment's state is."""
    return to_item({"pk": f"payment#{payment_id}", "sk": "state"})


def seen_key(key: str) -> Item:
    """Where a seen id is."""
    return to_item({"pk": f"seen#{key}", "sk": "seen"})


def day_item(day: str) -> Item:
    """The note that a day has events."""
    return to_item({"pk": DAYS, "sk": day})


def event_sk(sequence: int) -> str:
    """The sort key of a payment's event."""
    return f"event#{sequence:012d}"


def day_of(event_place: str) -> str:
    """The day, in UTC, of a place in the archive; it is the archive's partition."""
    return event_place[:_DATE]


def payment_item(payment: Payment, commit: str) -> Item:
    """
    A payment's state; due_pk only while there is something to do, so the index stays small.

    Args:
        commit: this write's own name, by which a write knows itself again.
    """
    due_at = payment.due_at
    record = payment_record(payment)
    # The key says it: an item of more than 1 KB costs twice as much to write.
    del record["id"]
    return payment_key(payment.id) | to_item(
        {
            **record,
            "commit": commit,
            "due_pk": _due_pk(payment.id) if due_at else None,
            "due_at": stamp(due_at) if due_at else None,
        }
    )


def _due_pk(payment_id: str) -> str:
    return DUE[sha256(payment_id.encode()).digest()[0] % len(DUE)]


def attempt_key(sink: str, event_id: str) -> Item:
    """Where it is that a sink had an event."""
    return to_item({"pk": f"attempt#{sink}#{event_id}", "sk": "attempt"})


def attempt_item(sink: str, event_id: str, at: datetime) -> Item:
    """That a sink had an event, and when."""
    return attempt_key(sink, event_id) | to_item(
        {
            "sink": sink,
            "event_id": event_id,
            "delivered_at": stamp(at),
            "expires_at": int((at + ATTEMPTS_FOR).timestamp()),
        }
    )


def event_item(event: Event) -> Item:
    """An event; `body` is what is published, the rest is for people and for the archive."""
    return to_item(
        {
            "pk": f"payment#{event.entity}",
            "sk": event_sk(event.sequence),
            "events_pk": day_of(place(event)),
            "events_sk": place(event),
            "type": event.type.value,
            "body": event.dumps(),
        }
    )


def seen_item(seen: Seen, now: datetime) -> Item:
    """A seen id with the digest of what came under it."""
    expires_at = int((now + SEEN_FOR).timestamp())
    return seen_key(seen.key) | to_item({"digest": seen.digest, "expires_at": expires_at})


def read_payment_item(item: Mapping[str, Mapping[str, Any]]) -> Payment:
    """The payment of a state item."""
    record = from_item(item)
    return read_payment({**record, "id": record["pk"].removeprefix("payment#")})


def read_event_item(item: Mapping[str, Mapping[str, Any]]) -> Event:
    """The event of an event item."""
    return Event.loads(item["body"]["S"])
