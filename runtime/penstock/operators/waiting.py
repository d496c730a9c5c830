"""Wait for what functions do with an intent, so that a command can report the effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from penstock.api.context import Clock
from penstock.domain import rules
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restrictable, RestrictionKind
from penstock.domain.subscription import Subscription
from penstock.ports import Ledger

LOOK_EVERY = 1.0
"""Seconds between two looks at the ledger."""


class Until(Enum):
    """What is waited for."""

    nobody_at_it = "nobody_at_it"
    """No call is being made."""
    nothing_held = "nothing_held"
    """What was held was sent and has ended."""
    nothing_due = "nothing_due"
    """What was reserved to be asked was asked."""


@dataclass(frozen=True, slots=True)
class Calm:
    """
    How an entity stood at the end of the wait.

    Attributes:
        entity: None for what is no entity: a payer, a gateway.
        reached: whether what was waited for came; True where there is nothing to look at.
    """

    entity: Restrictable | None
    reached: bool


async def wait_for(
    ledger: Ledger,
    clock: Clock,
    kind: RestrictionKind,
    value: str,
    until: Until,
    seconds: float,
) -> Calm:
    """
    Look at a payment or a subscription until it stands as wanted, or the time is up.

    Raises:
        LedgerUnavailable: the ledger gave no answer.
    """
    if kind not in (RestrictionKind.payment, RestrictionKind.subscription):
        return Calm(None, True)
    ref = Ref(EntityKind(kind.value), value)
    end = clock.now() + timedelta(seconds=seconds)
    while True:
        entity = await ledger.find(ref)
        found = entity if isinstance(entity, Payment | Subscription) else None
        if found is None or _REACHED[until](found, clock.now()):
            return Calm(found, True)
        if clock.now() >= end:
            return Calm(found, False)
        await clock.sleep(LOOK_EVERY)


def _nobody_at_it(entity: Restrictable, now: datetime) -> bool:
    return not any(
        one.state is OperationState.submitting and one.leased(now) for one in entity.operations
    )


def _nothing_held(entity: Restrictable, now: datetime) -> bool:
    moves = [one for one in entity.operations if one.kind in rules.RESTRICTABLE and one.open]
    return not any(one.state is not OperationState.pending for one in moves)


def _nothing_due(entity: Restrictable, now: datetime) -> bool:
    asked = [one for one in entity.operations if one.kind is not OperationKind.access]
    return not any(one.open and one.due_at and one.due_at <= now for one in asked)


_REACHED: dict[Until, Callable[[Restrictable, datetime], bool]] = {
    Until.nobody_at_it: _nobody_at_it,
    Until.nothing_held: _nothing_held,
    Until.nothing_due: _nothing_due,
}
