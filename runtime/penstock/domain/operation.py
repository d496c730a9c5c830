"""
One call of ours that moves or documents money, and the states it may be in.

    reserved ──submit──► submitting ──settle──► succeeded | declined | pending
        ▲                    │ │                                │
        └──────release───────┘ └──lose──► unknown ──settle──────┘
                                             └──submit (asked, not found)──► submitting

`submitting` carries a lease longer than the work's time limit: an expired lease *is* unknown.
Unknown is not failed: the money may have moved, so it is asked about, never re-sent blindly.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from penstock.domain.money import Money


class OperationKind(StrEnum):
    """What the call does."""

    charge = "charge"
    """Take the payment's money; one a payment."""
    invoice = "invoice"
    """Make, mail and record the payment's invoice; one a payment."""
    invoice_refunds = "invoice_refunds"
    """Bring the refunds recorded on the invoice to what went back; one a payment."""
    reread = "reread"
    """Ask the gateway's API again how the entity stands; one an entity."""
    access = "access"
    """Look at a subscription when its access changes or its payment is due; one an entity."""
    subscribe = "subscribe"
    """Create a subscription at the gateway; one a sign-up."""
    refund = "refund"
    """Send money of the payment back; one for each request."""
    checkout = "checkout"
    """Open a checkout and have the buyer approve it; pending until it is captured or over."""
    capture = "capture"
    """Take the money that the buyer approved; one for each approval."""
    void = "void"
    """Give up what the buyer approved: no money moves."""
    collect = "collect"
    """Take what a subscription's buyer owes; one for each request."""
    follow = "follow"
    """Have another entity re-read, because this one changed; `reference` names it."""


class OperationState(StrEnum):
    """Where the call stands; see the drawing above."""

    reserved = "reserved"
    submitting = "submitting"
    succeeded = "succeeded"
    declined = "declined"
    pending = "pending"
    unknown = "unknown"


SETTLED = frozenset({OperationState.succeeded, OperationState.declined})
BY_MESSAGE = frozenset(
    {OperationKind.refund, OperationKind.capture, OperationKind.void, OperationKind.collect}
)
"""Besides the charge: what is begun by a message of payments.fifo that names the operation."""


_LOOK_AGAIN = timedelta(minutes=5)
_LOOK_AT_LEAST = timedelta(days=1)
"""How soon, and how seldom at most, the sweep looks at an operation that is restricted."""


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What a refund or a collection was asked to do; it never changes.

    Attributes:
        amount: how much; always explicit, also for "the rest".
        digest: SHA-256 of the request, to tell a repeat from another request under its key.
        reason: why, for the merchant's own records.
        note: a message to the gateway: the payer of a refund reads it.
        token: the id of the API's token that asked for it, if one did.
    """

    amount: Money
    digest: str
    reason: str | None = None
    note: str | None = field(default=None, repr=False)
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """
    A call of ours, from before it is made until its answer is known.

    Attributes:
        id: ours; the idempotency key at the gateway, so it never changes between attempts.
        attempts: how often the call was begun.
        lease_until: until when the worker that began it may still be at it.
        lost_at: since when an answer is missing. A refund or a collection keeps it while a later
            attempt is made: what that is answered is read with the earlier one in mind.
        absent_since: since when the gateway, asked, shows nothing of it.
        due_at: when the sweep shall look at it; None while a queue message owns it.
        reference: theirs: the charge or invoice id the gateway gave it.
        reason: why it stands where it stands, for people.
        terms: what a refund or a collection was asked to do.
        path: where the gateway takes the request; stored before the first call, never changed.
        began_at: when the first call was begun, where the gateway forgets its id after a while.
        restricted_at: since when a restriction keeps it from being submitted; None otherwise.
    """

    id: str
    kind: OperationKind
    state: OperationState = OperationState.reserved
    attempts: int = 0
    lease_until: datetime | None = None
    lost_at: datetime | None = None
    absent_since: datetime | None = None
    due_at: datetime | None = None
    reference: str | None = None
    reason: str | None = None
    terms: Terms | None = None
    path: str | None = None
    began_at: datetime | None = None
    restricted_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether its end is still to come."""
        return self.state not in SETTLED

    @property
    def to_send(self) -> bool:
        """Whether it waits for a message that begins it, once it is due."""
        return self.state is OperationState.reserved or self.restricted_at is not None

    def leased(self, now: datetime) -> bool:
        """Whether somebody may still be at it: also true of a lost call until its lease ends."""
        return self.lease_until is not None and now < self.lease_until

    def submit(self, now: datetime, lease: timedelta) -> Operation:
        """Begin the call: nobody else may until the lease ends."""
        until = now + lease
        return replace(
            self,
            state=OperationState.submitting,
            attempts=self.attempts + 1,
            lease_until=until,
            absent_since=None,
            # Not sooner than it was due: a move in the index of what is due costs two writes.
            due_at=max(until, self.due_at or until),
            reason=None,
            restricted_at=None,
        )

    def restrict(self, now: datetime, because: str) -> Operation:
        """
        A restriction keeps it from being submitted; no message carries it any more.

        Release makes it due at once. It is due by itself, too, ever more seldom: a restriction
        that was lifted at the same moment must not leave it behind.
        """
        since = self.restricted_at or now
        begun = self.state is OperationState.submitting
        return replace(
            self.lose(now, because) if begun else self,
            restricted_at=since,
            due_at=now + min(max(_LOOK_AGAIN, now - since), _LOOK_AT_LEAST),
            reason=because,
        )

    def refer(self, reference: str) -> Operation:
        """Remember the gateway's id while the call goes on."""
        return replace(self, reference=reference)

    def settle(
        self, state: OperationState, *, reference: str | None = None, reason: str | None = None
    ) -> Operation:
        """Write down the answer."""
        return replace(
            self,
            state=state,
            lease_until=None,
            lost_at=None,
            absent_since=None,
            due_at=None,
            reference=reference or self.reference,
            reason=reason,
            restricted_at=None,
        )

    def hold(self, due_at: datetime, *, reference: str | None, reason: str | None) -> Operation:
        """The gateway has not decided yet: ask again at `due_at`."""
        held = self.settle(OperationState.pending, reference=reference, reason=reason)
        return replace(held, due_at=due_at)

    def release(self, reason: str, due_at: datetime | None = None) -> Operation:
        """The call did certainly not reach the gateway: back to reserved."""
        return replace(
            self,
            state=OperationState.reserved,
            lease_until=None,
            lost_at=None,
            absent_since=None,
            due_at=due_at,
            reason=reason,
        )

    def lose(self, now: datetime, reason: str, due_at: datetime | None = None) -> Operation:
        """
        The answer never came. The lease stays: the request may still be under way, so nobody
        need look before it ends.
        """
        return replace(
            self,
            state=OperationState.unknown,
            lost_at=self.lost_at or now,
            due_at=due_at or max(now, self.lease_until or now),
            reason=reason,
        )
