"""
One call of ours that moves or documents money, and the states it may be in.

    reserved ──submit──► submitting ──settle──► succeeded | declined | pending
        ▲                    │ │                                │
        └──────release───────┘ └──lose──► unknown ──settle──────┘
                                             └──submit (asked, not found)──► submitting

`submitting` carries a lease longer than the work's time limit: an expired lease *is* unknown.
Unknown is not failed: the money may have moved, so look it up first and never resend it blindly.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from penstock.domain.money import Money


class OperationKind(StrEnum):
    """What the call does."""

    charge = "charge"
    """Take the payment's money; one per payment."""
    invoice = "invoice"
    """Make, mail and record the payment's invoice; one per payment."""
    invoice_refunds = "invoice_refunds"
    """Bring the refunds recorded on the invoice to what went back; one per payment."""
    reread = "reread"
    """Ask the gateway's API again how the entity stands; one per entity."""
    access = "access"
    """Look at a subscription when its access changes or its payment is due; one per entity."""
    subscribe = "subscribe"
    """Create a subscription at the gateway; one per sign-up."""
    refund = "refund"
    """Send money of the payment back; one per request."""
    checkout = "checkout"
    """Open a checkout and have the buyer approve it; pending until it is captured or over."""
    capture = "capture"
    """Take the money that the buyer approved; one per approval."""
    void = "void"
    """Give up what the buyer approved: no money moves."""
    collect = "collect"
    """Take what a subscription's buyer owes; one per request."""
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
"""Kinds whose message of payments.fifo names the operation; a charge's message does not."""


_LOOK_AGAIN = timedelta(minutes=5)
_LOOK_AT_LEAST = timedelta(days=1)
"""The shortest and longest time between the sweep's looks at a restricted operation."""


@dataclass(frozen=True, slots=True)
class Terms:
    """
    The request behind a refund or a collection; it never changes.

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
        lease_until: until when the worker that began the call may still be at it.
        lost_at: since when an answer is missing. A refund or a collection keeps it during a later
            attempt, whose answer may be due to the earlier one.
        absent_since: since when the gateway shows nothing of it when it is asked.
        due_at: when the sweep looks at it; None while a queue message owns it.
        reference: the gateway's id of the charge, invoice, refund or capture.
        reason: why it is in its state, for people.
        terms: the request behind a refund or a collection.
        path: where the gateway takes the request; stored before the first call, never changed.
        began_at: when the first call was begun, where the gateway forgets its id after a while.
        restricted_at: since when a restriction keeps it from being submitted; None otherwise.
        command: the operator's request that reserved it, if one did, so that a repeat finds it.
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
    command: str | None = None

    @property
    def open(self) -> bool:
        """Whether its outcome is still to come."""
        return self.state not in SETTLED

    @property
    def to_send(self) -> bool:
        """Whether it waits for a message that begins it, once it is due."""
        return self.state is OperationState.reserved or self.restricted_at is not None

    def leased(self, now: datetime) -> bool:
        """Whether a worker may still be at it; also true of a lost call until its lease ends."""
        return self.lease_until is not None and now < self.lease_until

    def submit(self, now: datetime, lease: timedelta) -> Operation:
        """Begin the call: no other worker may begin it until the lease ends."""
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

        A release makes it due at once. It also becomes due by itself, less and less often, in case
        a restriction was lifted at the same moment.
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
        """The call certainly did not reach the gateway: back to reserved."""
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
        The answer was lost. The lease stays, because the request may still be under way: look
        once it ends.
        """
        return replace(
            self,
            state=OperationState.unknown,
            lost_at=self.lost_at or now,
            due_at=due_at or max(now, self.lease_until or now),
            reason=reason,
        )
