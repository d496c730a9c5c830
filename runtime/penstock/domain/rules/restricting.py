"""Operations that a restriction holds, and their release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import AnyEntity, Change, E, change
from penstock.domain.operation import Operation, OperationKind

RESTRICTABLE = frozenset(
    {
        OperationKind.charge,
        OperationKind.invoice,
        OperationKind.invoice_refunds,
        OperationKind.refund,
        OperationKind.capture,
        OperationKind.void,
        OperationKind.collect,
    }
)
"""The kinds that a restriction holds: they move or document money."""


def held(entity: AnyEntity) -> tuple[Operation, ...]:
    """The open operations that a restriction holds."""
    return tuple(one for one in entity.operations if one.open and one.restricted_at)


def release(before: E, *, now: datetime, new_id: Callable[[], str]) -> Change[E] | None:
    """
    Have the sweep send held operations at once; None if none is held.

    An operation that another restriction covers, too, is held again then.
    """
    waits = held(before)
    if all(one.due_at is not None and one.due_at <= now for one in waits):
        return None
    operations = tuple(
        replace(one, due_at=now) if one in waits else one for one in before.operations
    )
    return change(before, replace(before, operations=operations), now=now, new_id=new_id)
