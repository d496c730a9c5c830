"""The ports: what the pipeline needs of the world, each with an AWS and an in-memory adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from penstock.domain.caller import DEFAULT_CLIENT, READ_AND_PAY, Scope

if TYPE_CHECKING:
    # Names for checkers only: the receive function imports this and shall not pay for them.
    from datetime import date, datetime

    from penstock.domain.audit import Begun, Done, Entry
    from penstock.domain.change import AnyEntity, Change, E, Seen
    from penstock.domain.entity import Entity
    from penstock.domain.events import Event
    from penstock.domain.ref import Ref
    from penstock.domain.restriction import Restriction


@dataclass(frozen=True, slots=True)
class Outgoing:
    """
    A message to be sent.

    Attributes:
        group: the message group: order is kept within it.
        dedup: the deduplication id; unique over the whole queue or topic, not per group.
        attributes: at most three, as text; sinks' filters read them.
    """

    body: str = field(repr=False)
    group: str
    dedup: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Message:
    """
    A message as a queue hands it out.

    Attributes:
        id: the queue's own id of this copy; the dedup id of whatever replaces it.
        receipt: the handle of this receipt; stale once the message is handed out again.
        receives: how often it was handed out, this time included.
        sent_at: when this copy came to the queue; only a queue that is read by us says it.
    """

    id: str
    body: str = field(repr=False)
    group: str
    receipt: str = field(repr=False)
    receives: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    sent_at: datetime | None = None


class Channel(Protocol):
    """A FIFO queue or topic as a sender sees it."""

    async def send(self, message: Outgoing) -> None:
        """
        Send durably: once this returns, the message is kept.

        Raises:
            ChannelUnavailable: it was not taken, or we do not know.
        """
        ...


class Inbox(Protocol):
    """
    A FIFO queue as its consumer sees it.

    Every method raises ChannelUnavailable when the queue gives no answer.
    """

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages (at most 10), waiting up to `wait` seconds for the first."""
        ...

    async def delete(self, message: Message) -> None:
        """Forget a message that is done; a stale receipt is no error: it will come back."""
        ...

    async def postpone(self, messages: Sequence[Message], delay: float) -> None:
        """
        Have messages come back after `delay` seconds (at most 12 hours).

        Name every message of a group that shall wait: the first alone would leave the others
        invisible for the queue's whole timeout and the group blocked.
        """
        ...

    async def park(self, message: Message, reason: str) -> None:
        """
        Copy a message to the dead-letter queue, keeping its group, with the reason.

        The copy's dedup id is this message's id: stable if we crash before the delete, new at
        each redrive. Deleting the original is the caller's next step.

        Raises:
            ChannelUnavailable: the dead-letter queue did not take it.
        """
        ...

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`, approximately."""
        ...


class DeadLetters(Protocol):
    """
    A queue whose messages no stage consumes, and the one way out of it.

    A receive hides the whole group of what it hands out (FIFO), so what is not handled must be
    given back. Every method raises ChannelUnavailable when a queue gives no answer.
    """

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages (at most 10), waiting up to `wait` seconds for the first."""
        ...

    async def give_back(self, messages: Sequence[Message]) -> None:
        """Show messages again that were received and not handled."""
        ...

    async def send_back(self, message: Message) -> None:
        """
        Send a copy to the queue that the message came from, with its group and own attributes.

        The copy's dedup id is this message's id: stable if we crash before the delete, new at
        each redrive. Deleting the original is the caller's next step.
        """
        ...

    async def renew(self, message: Message, first_parked_at: datetime) -> None:
        """
        Send a copy to this queue itself, so that it is kept for another 14 days.

        The copy says since when it is a dead letter; its dedup id is this message's id. Deleting
        the original is the caller's next step.
        """
        ...

    async def delete(self, message: Message) -> None:
        """Forget a message; a stale receipt is no error: it will come back."""
        ...

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`, approximately."""
        ...


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
    Where a listing of entities, newest first, goes on: after this entity.

    Attributes:
        at: when the entity was first seen.
        id: its id, which orders entities of one moment.
    """

    at: datetime
    id: str


class Ledger(Protocol):
    """
    Where entities and their events are committed together, one entity a commit.

    Every method raises LedgerUnavailable when the ledger gives no answer, or when an item was
    written by newer code; a commit may then have been written all the same: read again.
    """

    async def load(self, kind: type[E], identity: str) -> E | None:
        """The entity as last committed (a consistent read)."""
        ...

    async def find(self, ref: Ref) -> AnyEntity | None:
        """The same, of whatever kind; None also of a kind that only newer code knows."""
        ...

    async def remember(self, seen: Seen) -> Seen:
        """Remember an id unless it is remembered already; what is remembered comes back."""
        ...

    async def commit(self, change: Change[AnyEntity]) -> None:
        """
        Write all of a change or nothing.

        Raises:
            LedgerConflict: the entity is not at the expected version any more.
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
        Put an event in the place of the one of its entity with its sequence.

        Events are immutable but for this: a name that one holds is erased from it.

        Raises:
            LedgerConflict: there is no event in that place.
        """
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Ref]:
        """Entities whose `due_at` has come, longest due first."""
        ...

    async def look_up(
        self, index: Index, value: str, limit: int, after: Place | None = None
    ) -> Sequence[Ref]:
        """
        Entities of an index, newest first; shows a commit a moment later.

        Args:
            after: leave out what comes before this place, and the place itself.
        """
        ...

    async def of_day(self, day: date, limit: int, after: Place | None = None) -> Sequence[Ref]:
        """
        Payments that were first seen on a day (UTC), newest first.

        It shows a commit a moment later.

        Args:
            after: leave out what comes before this place, and the place itself.
        """
        ...

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """
        The archive of events, newest first.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        ...


class Attempts(Protocol):
    """
    What became of (sink, event), so that a sink gets an event once.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink has had it."""
        ...

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that it has."""
        ...


@dataclass(frozen=True, slots=True)
class Watermark:
    """
    How far a gateway's list of notifications was compared with the ledger.

    Attributes:
        at: when the newest notification that was compared was made, by the gateway's clock.
        since: nothing older is looked for: the comparison began then.
        looked_back_at: when we last looked further back than usual, by our clock.
        looked_back_to: how far the look back that is not at its end got; None between two.
    """

    at: datetime
    since: datetime
    looked_back_at: datetime
    looked_back_to: datetime | None = None


class Watermarks(Protocol):
    """
    One watermark for each gateway.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def get(self, gateway: str) -> Watermark | None:
        """The gateway's watermark (a consistent read); None before the first."""
        ...

    async def move(self, gateway: str, known: Watermark | None, to: Watermark) -> bool:
        """Replace the watermark that we know by another; False if it is another already."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """
    A bearer token as we keep it: its hash only.

    Attributes:
        digest: SHA-256 of its text, in hexadecimal.
        scopes: what it may do.
        client: the system it belongs to, whose Idempotency-Keys share one namespace.
        expires_at: from then on it is refused; None for a token that does not expire.
    """

    id: str
    name: str
    digest: str = field(repr=False)
    created_at: datetime
    scopes: frozenset[Scope] = READ_AND_PAY
    client: str = DEFAULT_CLIENT
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at


class Tokens(Protocol):
    """
    The bearer tokens the API takes; several at once.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def get(self, token_id: str) -> Token | None:
        """The token with that id, unless it was revoked."""
        ...

    async def put(self, token: Token) -> None:
        """Keep a new token."""
        ...

    async def revoke(self, token_id: str) -> bool:
        """Forget it and its last use; says whether it was there."""
        ...

    async def list(self) -> Sequence[Token]:
        """All of them, oldest first."""
        ...

    async def used(self, token_id: str, at: datetime) -> None:
        """Note a use, unless one less than an hour before is noted. The token is not written."""
        ...

    async def last_uses(self) -> Mapping[str, datetime]:
        """When each token was last used, by its id, to the hour; without those never used."""
        ...


class Audit(Protocol):
    """
    What operators did. An entry has two lines, each written once and never changed.

    Every method raises LedgerUnavailable when the store gives no answer; a line may then have
    been written all the same, and writing the same line again is no conflict.
    """

    async def begin(self, begun: Begun) -> None:
        """
        Write that a command begins.

        Raises:
            LedgerConflict: another line has this place.
        """
        ...

    async def finish(self, begun: Begun, done: Done) -> None:
        """
        Write how the command ended.

        Raises:
            LedgerConflict: another ending is written.
        """
        ...

    async def of_day(self, day: date, limit: int, before: Place | None = None) -> Sequence[Entry]:
        """
        Entries that began on a day (UTC), newest first (a consistent read).

        Args:
            before: leave out this place and what is newer.
        """
        ...


class Restrictions(Protocol):
    """
    What operators have restricted, and what that holds.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def list(self) -> Sequence[Restriction]:
        """All restrictions, by their keys (a consistent read)."""
        ...

    async def put(self, restriction: Restriction) -> Restriction:
        """Restrict; what is in force comes back, which may have been put before."""
        ...

    async def lift(self, key: str) -> Restriction | None:
        """Take a restriction away; what was in force comes back. Its notes stay."""
        ...

    async def note(self, key: str, ref: Ref) -> None:
        """Note that a restriction holds an operation of an entity."""
        ...

    async def held(self, key: str, limit: int) -> Sequence[Ref]:
        """What the restriction of that key holds or held, as noted (a consistent read)."""
        ...

    async def forget(self, key: str, ref: Ref) -> None:
        """Take a note away."""
        ...
