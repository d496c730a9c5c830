"""The ledger in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from penstock.domain.change import AnyEntity, Change, E, Seen
from penstock.domain.entity import Entity
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.domain.place import cursor as cursor_at
from penstock.domain.place import place, read_cursor
from penstock.domain.record import Record
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerConflict
from penstock.ports import EventPage, Index, Place


class MemoryLedger:
    """Entities, seen ids and events; a commit is one step of the loop, so all or nothing."""

    def __init__(self) -> None:
        self._entities: dict[Ref, AnyEntity] = {}
        self._due: dict[Ref, datetime] = {}
        self._seen: dict[str, Seen] = {}
        self._events: dict[str, Event] = {}
        self._told: dict[Ref, list[Event]] = {}  # by entity, in order

    async def load(self, kind: type[E], identity: str) -> E | None:
        """The entity as last committed."""
        found = self._entities.get(Ref(kind.kind, identity))
        return found if isinstance(found, kind) else None

    async def find(self, ref: Ref) -> AnyEntity | None:
        """The same, of whatever kind."""
        return self._entities.get(ref)

    async def remember(self, seen: Seen) -> Seen:
        """Remember an id, unless it is remembered already. Returns what is remembered."""
        return self._seen.setdefault(seen.key, seen)

    async def commit(self, change: Change[AnyEntity]) -> None:
        """Write all of a change or nothing."""
        entity = change.entity
        held = self._entities.get(entity.ref)
        if (held.version if held else None) != change.expected:
            raise LedgerConflict(f"{entity.id}: not at the expected version any more")
        self._entities[entity.ref] = replace(entity, caused=())
        if due_at := entity.due_at:
            self._due[entity.ref] = due_at
        else:
            self._due.pop(entity.ref, None)
        self._events.update({place(event): event for event in change.events})
        self._told.setdefault(entity.ref, []).extend(change.events)

    async def unsent(self, entity: Entity) -> Sequence[Event]:
        """The entity's events after `entity.published`, in order."""
        told = self._told.get(entity.ref, ())
        return [event for event in told if event.sequence > entity.published]

    async def history(self, ref: Ref, limit: int, before: int | None = None) -> Sequence[Event]:
        """The entity's events before that sequence, newest first."""
        told = self._told.get(ref, [])[::-1]
        return [event for event in told if before is None or event.sequence < before][:limit]

    async def rewrite(self, event: Event) -> None:
        """Replace the event of the same entity and sequence."""
        told = self._told.get(event.ref, [])
        places = [at for at, one in enumerate(told) if one.sequence == event.sequence]
        if not places:
            raise LedgerConflict(f"{event.entity}: there is no event {event.sequence}")
        told[places[0]] = event
        self._events[place(event)] = event

    async def due(self, now: datetime, limit: int) -> Sequence[Ref]:
        """Entities whose `due_at` has come, longest due first."""
        come = sorted((at, str(ref), ref) for ref, at in self._due.items() if at <= now)
        return [ref for *_, ref in come[:limit]]

    async def look_up(
        self, index: Index, value: str, limit: int, after: Place | None = None
    ) -> Sequence[Ref]:
        """Entities of an index, newest first."""
        return self._newest(
            (one for one in self._entities.values() if value and value == _indexed(one, index)),
            limit,
            after,
        )

    async def of_day(self, day: date, limit: int, after: Place | None = None) -> Sequence[Ref]:
        """Payments that were first seen on a day (UTC), newest first."""
        return self._newest(
            (
                one
                for one in self._entities.values()
                if isinstance(one, Payment) and one.created_at.astimezone(UTC).date() == day
            ),
            limit,
            after,
        )

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """The archive of events, newest first."""
        before = read_cursor(cursor) if cursor else None
        places = sorted((p for p in self._events if not before or p < before), reverse=True)
        page = places[:limit]
        more = len(places) > limit
        return EventPage(
            tuple(self._events[p] for p in page), cursor_at(page[-1]) if more else None
        )

    def _newest(self, found: Iterable[AnyEntity], limit: int, after: Place | None) -> list[Ref]:
        places = {(one.created_at, one.id): one.ref for one in found}
        left = [at for at in places if after is None or at < (after.at, after.id)]
        return [places[at] for at in sorted(left, reverse=True)[:limit]]


def _indexed(entity: AnyEntity, index: Index) -> str | None:
    match (index, entity):
        case (Index.reference, Payment(order=order)):
            return order.reference
        case (Index.subscription, Payment(subscription=subscription)):
            return subscription
        case (Index.subscription_reference, Subscription(seen=seen)):
            return seen.merchant_reference
        case (Index.payment, Record()):
            return entity.payment
        case _:
            return None
