"""Entities: the ledger keeps several kinds, each entity with its own history of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid5

from penstock.domain.events import Event
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.ref import EntityKind, Ref

UNSENT_GRACE = timedelta(seconds=60)
"""How long the function that committed an event has to publish it before the sweep does."""
_OPERATIONS = UUID("0d2c3f52-5c0d-5d0b-9f0e-6a1d1c7d9a11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """
    One thing the ledger versions, with the operations and the events it caused.

    Attributes:
        version: grows by one with every commit; a write names the version it was decided on.
        sequence: the number of events this entity has caused.
        published: how many of them have left, in order.
        followed: the rest is published by an open `follow` operation of another entity, which
            the sweep finds; so this one is not due for that, and its index entry does not move.
        caused: unsent events of the commits that made this copy, so that they are not read again;
            a copy that was read from the ledger has none.
    """

    kind: ClassVar[EntityKind]

    id: str
    gateway: str
    created_at: datetime
    updated_at: datetime
    operations: tuple[Operation, ...] = ()
    version: int = 0
    sequence: int = 0
    published: int = 0
    followed: bool = False
    caused: tuple[Event, ...] = field(default=(), compare=False, repr=False)

    @property
    def ref(self) -> Ref:
        """The entity's name in the ledger."""
        return Ref(self.kind, self.id)

    @property
    def unsent(self) -> bool:
        """Whether some of its events are not published yet."""
        return self.sequence > self.published

    @property
    def due_at(self) -> datetime | None:
        """When the sweep looks at it; None when nothing is left to do."""
        due = [op.due_at for op in self.operations if op.open and op.due_at]
        if self.unsent and not self.followed:
            due.append(self.updated_at + UNSENT_GRACE)
        return min(due, default=None)

    def operation(self, kind: OperationKind) -> Operation | None:
        """The newest operation of that kind, if there ever was one."""
        return next((op for op in reversed(self.operations) if op.kind is kind), None)

    def operation_by_id(self, identity: str) -> Operation | None:
        """The operation of that id, if there is one."""
        return next((op for op in self.operations if op.id == identity), None)

    def operation_id(self, kind: OperationKind, ordinal: int | str = 1) -> str:
        """
        The id of the entity's n-th operation of a kind, or of the operation with a name.

        Derived, so that a ledger restored from a backup repeats the same idempotency keys. A
        client's request is named by the client's key: a restored ledger that lost a refund must
        not ask for another one under the lost one's id.
        """
        return str(uuid5(_OPERATIONS, f"{self.ref}/{kind.value}/{ordinal}"))

    def replacing(self, operation: Operation) -> tuple[Operation, ...]:
        """The operations, with that one added or in place of the one with its id."""
        if all(op.id != operation.id for op in self.operations):
            return (*self.operations, operation)
        return tuple(operation if op.id == operation.id else op for op in self.operations)
