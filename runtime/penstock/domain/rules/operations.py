"""Operations: accept a charge, settle a call, defer an entity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, E, Fact, change
from penstock.domain.events import EventType
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payment, PaymentStatus

_SAYS = {
    PaymentStatus.succeeded: EventType.payment_succeeded,
    PaymentStatus.declined: EventType.payment_declined,
    PaymentStatus.pending: EventType.payment_pending,
    PaymentStatus.parked: EventType.payment_parked,
}


def accept(
    payment_id: str,
    gateway: str,
    order: Order,
    *,
    now: datetime,
    new_id: Callable[[], str],
    due_at: datetime | None = None,
    token: str | None = None,
) -> Change[Payment]:
    """
    Accept a payment, and reserve its charge.

    Args:
        due_at: set while no message carries it.
        token: the id of the API's token that asked for it.
    """
    payment = Payment(
        id=payment_id,
        gateway=gateway,
        order=order,
        status=PaymentStatus.accepted,
        created_at=now,
        updated_at=now,
        payer=order.payer,
        token=token,
    )
    charge = Operation(
        payment.operation_id(OperationKind.charge), OperationKind.charge, due_at=due_at
    )
    return change(None, payment.with_operation(charge), now=now, new_id=new_id)


def settle(
    before: Payment,
    operation: Operation,
    status: PaymentStatus,
    *,
    now: datetime,
    new_id: Callable[[], str],
    reason: str | None = None,
    facts: Sequence[Fact] | None = None,
) -> Change[Payment]:
    """Write down an operation's state and, if that is news, publish the payment's status."""
    after = replace(
        before.with_operation(operation),
        status=status,
        reason=reason,
        paid=before.paid or status is PaymentStatus.succeeded,
    )
    if facts is None:
        news = status is not before.status and status in _SAYS
        facts = [Fact(_SAYS[status])] if news else []
    return change(before, after, facts, now=now, new_id=new_id)


def with_operation(entity: E, operation: Operation) -> E:
    """The entity with that operation in place of the one with its id."""
    return replace(entity, operations=entity.replacing(operation))


def defer(before: E, until: datetime, *, now: datetime, new_id: Callable[[], str]) -> Change[E]:
    """Have the sweep leave an entity alone until then; its operations stay due."""
    operations = tuple(
        replace(op, due_at=until) if op.due_at is not None and op.due_at < until else op
        for op in before.operations
    )
    # Unsent events are due some time after the last change, and this is one.
    return change(before, replace(before, operations=operations), now=now, new_id=new_id)
