"""When the gateway is asked again, by the sweep, how an entity stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from penstock.domain.change import E
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment

SOONEST = timedelta(minutes=1)
RAREST = timedelta(days=1)
_DOUBLED = 11
"""So many doublings of a minute are more than a day."""
GIVE_UP_STALE = timedelta(hours=24)
"""After this time a fetched copy is applied, even if a notification said otherwise."""


def next_ask(attempts: int) -> timedelta:
    """How long to wait before the n-th repeat: a minute, doubling, a day at most."""
    return SOONEST * 2**attempts if attempts < _DOUBLED else RAREST


def ask_again(entity: E, now: datetime, because: str) -> E:
    """The entity with its re-read due: soon at first, later after each repeat."""
    known = entity.operation(OperationKind.reread)
    # A doubt of another kind starts its waits anew.
    attempts = known.attempts if known and known.open and known.reason == because else 0
    if known and known.open and known.reason == because and known.due_at and known.due_at > now:
        return entity
    operation = Operation(
        entity.operation_id(OperationKind.reread),
        OperationKind.reread,
        attempts=attempts + 1,
        due_at=now + next_ask(attempts),
        reason=because,
    )
    return replace(entity, operations=entity.replacing(operation))


_READ = frozenset({OperationKind.charge, OperationKind.capture, OperationKind.checkout})
"""Operations that can be looked up by a call that moves no money, in whatever state."""


def ask_now(payment: Payment, now: datetime) -> Payment:
    """
    The payment with all its look-ups due at once.

    A refund whose answer was lost is left alone: its look-up is the same request again.
    """
    operations = tuple(
        replace(one, due_at=now) if _readable(one, now) else one for one in payment.operations
    )
    payment = replace(payment, operations=operations)
    if not payment.transactions:
        return payment
    identity, kind = payment.operation_id(OperationKind.reread), OperationKind.reread
    reread = Operation(identity, kind, due_at=now, reason="an operator asked")
    return replace(payment, operations=payment.replacing(reread))


def _readable(operation: Operation, now: datetime) -> bool:
    if not operation.open or operation.leased(now) or operation.restricted_at:
        return False
    if operation.state is OperationState.reserved:
        return operation.kind in (OperationKind.invoice, OperationKind.invoice_refunds)
    if operation.kind is OperationKind.refund:
        return operation.state is OperationState.pending
    return operation.kind in _READ or operation.kind in (
        OperationKind.invoice,
        OperationKind.invoice_refunds,
    )


def asked(entity: E) -> E:
    """The entity with nothing left to ask."""
    known = entity.operation(OperationKind.reread)
    if known is None or not known.open:
        return entity
    done = known.settle(OperationState.succeeded)
    return replace(entity, operations=entity.replacing(done))


def stale(payment: Payment, now: datetime) -> bool:
    """Whether a stale copy is still ignored: for a day since the first one."""
    return payment.stale_since is None or now - payment.stale_since < GIVE_UP_STALE
