"""What each party says when all has come to rest: plain data, which a test can make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Moved:
    """
    A money step in a gateway's own books.

    Attributes:
        of: the payment that asked for it, or the subscription; of a refund, the step it reduces.
        back: whether the money went back.
    """

    gateway: str
    id: str
    of: str
    minor: int
    currency: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Invoice:
    """
    An invoice in PayPal's books that is not cancelled.

    Attributes:
        of: the gateway's id of what was paid.
        paid: how much is recorded as paid, and `back` as refunded.
    """

    id: str
    of: str
    minor: int
    currency: str
    paid: int
    back: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """
    A payment in the ledger.

    Attributes:
        step: the gateway's id of the step that paid it.
        back: how much went back in all.
        refunds: the amounts of the refunds that we asked for and that succeeded, by our ids.
        asked: the ids of all the refunds it holds.
        key: the payer's reference, which names the shop's key.
        invoiced: whether its invoice was made and recorded as paid.
    """

    id: str
    gateway: str
    status: str
    minor: int
    currency: str
    paid: bool = False
    step: str | None = None
    back: int = 0
    refunds: Mapping[str, int] = field(default_factory=dict[str, int])
    asked: Sequence[str] = ()
    key: str | None = None
    invoiced: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """
    An event in the ledger.

    Attributes:
        entity: `<kind>#<id>`.
        second: when, as sinks show it.
        minor: how much moved, of an event that says so.
    """

    id: str
    type: str
    entity: str
    sequence: int
    second: str
    minor: int = 0

    @property
    def place(self) -> str:
        """What a sink without ids shows of it: several events may have the same."""
        return f"{self.type} {self.second} {self.entity.partition('#')[2]}"


@dataclass(slots=True)
class Sink:
    """
    What came to a sink, and what the ledger has on record of it.

    Attributes:
        copies: when each copy came, in seconds since 1970, by what the sink shows of an event.
        records: when an event was on record as delivered, by its id, once for each replay.
        replayed: events that operators were told were sent to it again, once for each time.
        shows_ids: whether a copy is known by the event's id, and not by its place.
    """

    copies: Mapping[str, Sequence[float]]
    records: Mapping[str, Sequence[float]]
    replayed: Sequence[str] = ()
    shows_ids: bool = False

    def key(self, event: Told) -> str:
        """What the sink shows of an event."""
        return event.id if self.shows_ids else event.place


@dataclass(slots=True)
class Asked:
    """
    What the shop was promised.

    Attributes:
        payments: our ids of accepted payments that must succeed, by the shop's key.
        declined: our ids of those that the gateway declines.
        keys: every key that a payment was asked for under, answered or not.
        refunds: accepted refunds: their amounts by our ids, by payment.
        refund_keys: how many refunds were asked for, answered or not, by payment.
        elsewhere: how much was refunded at the gateway's own pages, by the step it reduces.
        subscriptions: our ids of those that were opened, and whether their buyer approved.
        forged: words that only forged webhooks hold.
    """

    payments: dict[str, str] = field(default_factory=dict[str, str])
    declined: set[str] = field(default_factory=set[str])
    keys: set[str] = field(default_factory=set[str])
    refunds: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    refund_keys: dict[str, int] = field(default_factory=dict[str, int])
    elsewhere: dict[str, int] = field(default_factory=dict[str, int])
    subscriptions: dict[str, bool] = field(default_factory=dict[str, bool])
    forged: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Books:
    """
    All of it.

    Attributes:
        notified: what the gateways told, as `<gateway>/<their event id>`; likewise `recorded`,
            which the ledger has a record of.
        archive: the ids of events that the API lists.
        subscriptions: each one's status at its gateway and in the ledger, by our id.
        open: what waits still, in words: queues, dead letters, operations, restrictions.
    """

    asked: Asked = field(default_factory=Asked)
    moved: Sequence[Moved] = ()
    invoices: Sequence[Invoice] = ()
    held: Sequence[Held] = ()
    events: Sequence[Told] = ()
    archive: Sequence[str] = ()
    sinks: Mapping[str, Sink] = field(default_factory=dict[str, Sink])
    notified: Sequence[str] = ()
    recorded: Sequence[str] = ()
    subscriptions: Mapping[str, tuple[str, str]] = field(
        default_factory=dict[str, tuple[str, str]]
    )
    open: Sequence[str] = ()
