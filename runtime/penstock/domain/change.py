"""What one decision writes: the new state of one entity and the events it causes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from penstock.domain.describe import describe
from penstock.domain.dispute import Dispute
from penstock.domain.events import Event, EventType
from penstock.domain.payment import Payment
from penstock.domain.record import Record
from penstock.domain.signup import SignUp
from penstock.domain.subscription import Subscription

AnyEntity = Payment | Subscription | SignUp | Dispute | Record
E = TypeVar("E", bound=AnyEntity)
Kept = TypeVar("Kept", bound=AnyEntity, covariant=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """An id to remember, with the digest of the body that came under it."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Fact:
    """
    An event that a change causes.

    Attributes:
        data: its data, in addition to the entity's; None removes a field of the entity.
    """

    type: EventType
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Change(Generic[Kept]):
    """
    All that one decision commits, in one write; it touches one entity.

    Attributes:
        entity: its new state.
        expected: the version it was decided on; None when the entity must not exist yet.
    """

    entity: Kept
    expected: int | None
    events: tuple[Event, ...] = ()


def change(
    before: E | None,
    after: E,
    facts: Sequence[Fact] = (),
    *,
    now: datetime,
    new_id: Callable[[], str],
    followed: bool = False,
) -> Change[E]:
    """
    Number the facts as events of the entity and bind the whole to the version read.

    Args:
        after: derived from `before`, so of the same version; an older copy would undo what
            others committed.
        followed: an open `follow` operation of another entity publishes the events.
    """
    version = before.version if before else 0
    if after.version != version:
        raise ValueError("a change is to be decided on the version that was read")
    entity = replace(
        after,
        version=version + 1,
        sequence=after.sequence + len(facts),
        updated_at=now,
        followed=followed,
    )
    described = describe(entity) if facts else {}
    events = tuple(
        Event(
            id=new_id(),
            type=fact.type,
            entity=entity.id,
            gateway=entity.gateway,
            sequence=after.sequence + place,
            time=now,
            data={k: v for k, v in {**described, **fact.data}.items() if v is not None},
        )
        for place, fact in enumerate(facts, start=1)
    )
    entity = replace(entity, caused=(*after.caused, *events))
    return Change(entity, before.version if before else None, events)
