"""
The items of the ledger's table and their keys.

    pk                         sk                 holds
    <kind>#<id>                state              an entity; due_pk (one of eight) and due_at while
                                                  it is due; reference, subscription and (of a
                                                  payment) day for the look-up indexes; a
                                                  notification's reference names its payment
    <kind>#<id>                event#<sequence>   an event; events_pk one of its day's shards,
                                                  events_sk its place
    seen#<key>                 seen               the digest; gone after 90 days (expires_at)
    days                       <day>              a day that has events: listing skips the others
    attempt#<sink>#<event id>  attempt            when the sink had the event; gone after 30 days
    attempt#<sink>#~endpoint   attempt            what is wrong with the sink's endpoint
    attempt#<sink>#~first#<message id>
                               attempt            when it was first tried; gone after 30 days
    restrictions               <kind>#<value>     what an operator has restricted
    restricted#<kind>#<value>  <moment>           that it was restricted then; gone after 90 days
    held#<kind>#<value>        <kind>#<id>        an entity whose operation that holds
    audit#<day>                <time>#<id>#begun  an operator's command; its end has `#done`
    tokens                     <token id>         a bearer token's hash
    tokens-used                <token id>         when the token was last used, to the hour
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from penstock.adapters.aws import state
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.change import AnyEntity, Seen
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.domain.place import place, stamp
from penstock.domain.record import Record
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription

DUE_INDEX = "due"
EVENTS_INDEX = "events"
REFERENCE_INDEX = "by_reference"
SUBSCRIPTION_INDEX = "by_subscription"
DAY_INDEX = "by_day"
SHARDS = 8
DUE = tuple(f"due#{shard}" for shard in range(SHARDS))
"""
The due index's partitions; an entity is always in the same one.

One alone would take a thousand writes a second, and every commit of a payment under way is one.
"""
DAYS = "days"
SEEN_FOR = timedelta(days=90)
"""Longer than any gateway re-sends a notification, and longer than a queue keeps one."""
_DATE = len("2026-11-02")
INDEXED = 1024
"""Bytes of an index's key; DynamoDB takes 2048, and nobody's reference needs more than this."""


def state_key(ref: Ref) -> Item:
    """Where an entity's state is."""
    return to_item({"pk": str(ref), "sk": "state"})


def seen_key(key: str) -> Item:
    """Where a seen id is."""
    return to_item({"pk": f"seen#{key}", "sk": "seen"})


def day_item(day: str) -> Item:
    """The note that a day has events."""
    return to_item({"pk": DAYS, "sk": day})


def event_sk(sequence: int) -> str:
    """The sort key of an entity's event."""
    return f"event#{sequence:012d}"


def day_of(event_place: str) -> str:
    """The day, in UTC, of a place in the archive."""
    return event_place[:_DATE]


def day_shards(day: str) -> tuple[str, ...]:
    """The archive's partitions of a day; the first is from before there were shards."""
    return (day, *(f"{day}#{number}" for number in range(SHARDS)))


def payment_days(day: date) -> tuple[str, ...]:
    """The partitions of the index `by_day` that hold a day's new payments."""
    return tuple(f"payment#{day.isoformat()}#{number}" for number in range(SHARDS))


def state_item(entity: AnyEntity, commit: str) -> Item:
    """
    An entity's state; due_pk only while there is something to do, so the index stays small.

    Args:
        commit: the id of this write, by which the write recognizes itself.
    """
    due_at = entity.due_at
    return state_key(entity.ref) | to_item(
        {
            **state.write(entity),
            # As a key of the indexes it is of one width, so that texts sort as moments do.
            "created_at": stamp(entity.created_at),
            "commit": commit,
            "due_pk": DUE[_shard(entity.id)] if due_at else None,
            "due_at": stamp(_whole_minute(due_at)) if due_at else None,
            "day": _day(entity),
            "reference": _reference(entity),
        }
    )


def _whole_minute(due_at: datetime) -> datetime:
    """
    The moment, rounded up: the sweep comes at most once a minute.

    The commits of one message then leave the index entry where it is; each move costs two writes.
    """
    whole = due_at.replace(second=0, microsecond=0)
    return whole if whole == due_at else whole + timedelta(minutes=1)


def _day(entity: AnyEntity) -> str | None:
    # Only payments are listed by day: each entry in an index is one more write.
    if not isinstance(entity, Payment):
        return None
    return payment_days(entity.created_at.astimezone(UTC).date())[_shard(entity.id)]


def _reference(entity: AnyEntity) -> str | None:
    match entity:
        case Payment():
            reference = entity.order.reference
        case Subscription():
            reference = entity.seen.merchant_reference and subscription_reference(
                entity.seen.merchant_reference
            )
        case Record():
            # Of payments only: each entry in an index is one more write.
            reference = entity.payment and notified_payment(entity.payment)
        case _:
            return None
    return reference if reference and len(reference.encode()) <= INDEXED else None


def subscription_reference(reference: str) -> str:
    """Where the index has a subscription's reference: payments' own are beside it."""
    return f"subscription#{reference}"


def notified_payment(payment_id: str) -> str:
    """Where the index has the notifications that concern a payment."""
    return f"notification#{payment_id}"


def _shard(identity: str) -> int:
    return sha256(identity.encode()).digest()[0] % SHARDS


def event_item(event: Event) -> Item:
    """An event; `body` is what is needed to publish it, the rest is for the archive."""
    return to_item(
        {
            "pk": str(event.ref),
            "sk": event_sk(event.sequence),
            "events_pk": f"{day_of(place(event))}#{_shard(event.entity)}",
            "events_sk": place(event),
            "type": str(event.type),
            "body": event.kept(),
        }
    )


def seen_item(seen: Seen, now: datetime) -> Item:
    """A seen id with the digest of the body that came under it."""
    expires_at = int((now + SEEN_FOR).timestamp())
    return seen_key(seen.key) | to_item({"digest": seen.digest, "expires_at": expires_at})


def read_state(item: Mapping[str, Mapping[str, Any]]) -> AnyEntity | None:
    """
    The entity of a state item; None for a kind that only newer code knows.

    Raises:
        LedgerUnavailable: newer code wrote it.
    """
    record = from_item(item)
    ref = read_ref(record["pk"])
    return state.read(ref, record) if ref else None


def read_ref(pk: str) -> Ref | None:
    """The entity a partition key names; None for a kind that this code does not keep."""
    try:
        ref = Ref.parse(pk)
    except ValueError:
        return None
    return ref if state.kept(ref.kind) else None


def read_event_item(item: Mapping[str, Mapping[str, Any]]) -> Event:
    """The event of an event item."""
    return Event.loads(item["body"]["S"])
