"""The ledger: where entities and their events are committed together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import date, datetime

    from penstock.domain.change import AnyEntity, Change, E, Seen
    from penstock.domain.entity import Entity
    from penstock.domain.events import Event
    from penstock.domain.ref import Ref


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, newest first, and where the next page begins."""

    events: tuple[Event, ...]
    cursor: str | None


class Index(StrEnum):
    """What payments and subscriptions can be looked up by."""

    reference = "reference"
    """Payments, by the merchant's own reference."""
    subscription = "subscription"
    """Payments, by the gateway's id of their subscription."""
    subscription_reference = "subscription_reference"
    """Subscriptions, by the merchant's own reference."""
    payment = "payment"
    """Notifications, by the id of the payment that they concern."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    The entity after which a listing, newest first, goes on.

    Attributes:
        at: when the entity was first seen.
        id: its id, which orders entities that were first seen at the same moment.
    """

    at: datetime
    id: str


class Ledger(Protocol):
    """
    Where entities and their events are committed together, one entity per commit.

    Every method raises LedgerUnavailable when the ledger gives no answer, or when newer code
    wrote an item. A commit may have been written all the same: read the entity again.
    """

    async def load(self, kind: type[E], identity: str) -> E | None:
        """The entity as last committed (a consistent read)."""
        ...

    async def find(self, ref: Ref) -> AnyEntity | None:
        """The same for any kind of entity; None also for a kind that only newer code knows."""
        ...

    async def remember(self, seen: Seen) -> Seen:
        """Remember an id, unless it is remembered already. Returns what is remembered."""
        ...

    async def commit(self, change: Change[AnyEntity]) -> None:
        """
        Write all of a change or nothing.

        Raises:
            LedgerConflict: the entity is no longer at the expected version.
            EntityTooLarge: the state is above 200 KB; nothing was written.
        """
        ...

    async def unsent(self, entity: Entity) -> Sequence[Event]:
        """The entity's events after `entity.published`, in order (a consistent read)."""
        ...

    async def history(self, ref: Ref, limit: int, before: int | None = None) -> Sequence[Event]:
        """The entity's events before that sequence, newest first (a consistent read)."""
        ...

    async def rewrite(self, event: Event) -> None:
        """
        Replace the event of the same entity and sequence.

        Events are immutable, with one exception: a payer's name is erased from an event.

        Raises:
            LedgerConflict: the entity has no event with that sequence.
        """
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Ref]:
        """At most `limit` entities whose `due_at` is not after `now`, longest due first."""
        ...

    async def look_up(
        self, index: Index, value: str, limit: int, after: Place | None = None
    ) -> Sequence[Ref]:
        """
        Entities of an index, newest first; a commit shows a moment later.

        Args:
            after: leave out this place and what is newer.
        """
        ...

    async def of_day(self, day: date, limit: int, after: Place | None = None) -> Sequence[Ref]:
        """
        Payments that were first seen on a day (UTC), newest first; a commit shows a moment later.

        Args:
            after: leave out this place and what is newer.
        """
        ...

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """
        The archive of events, newest first.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        ...
