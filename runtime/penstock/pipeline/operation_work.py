"""What the stages of an action share: an operation's commit, and the wait for its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from penstock.api.answers import Unanswered
from penstock.domain.change import Change, E
from penstock.domain.operation import Operation, OperationState
from penstock.errors import LedgerConflict, OperationInFlight
from penstock.ports import Ledger

T = TypeVar("T")
_SPARE = timedelta(seconds=5)
"""For writing down what became of a call, before its lease ends."""
_WRITES = 10
"""Other operations of the entity are reserved at the same moment: an answer is not dropped."""

_ASK_AGAIN = timedelta(minutes=5)
_ASK_AT_LEAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OperationWork:
    """Commits what was decided of an operation, whatever else happens to its entity."""

    ledger: Ledger

    async def commit(self, entity: E, operation: Operation, decide: Callable[[E], Change[E]]) -> E:
        """
        Commit what was decided of an operation; decided again on a newer version of its entity.

        Args:
            operation: as it was read; somebody else's change of it is a conflict.

        Raises:
            LedgerConflict: somebody else is at the operation.
        """
        for _ in range(_WRITES):
            decided = decide(entity)
            try:
                await self.ledger.commit(decided)
            except LedgerConflict:
                latest = await self.ledger.load(type(entity), entity.id)
                if latest is None or latest.operation_by_id(operation.id) != operation:
                    raise
                entity = latest
            else:
                return decided.entity
        raise LedgerConflict("the entity is written by many others; try again")


async def before_lease_ends(
    answer: Awaitable[T], operation: Operation, now: datetime
) -> T | Unanswered:
    """
    A gateway's answer; unanswered if it takes so long that another worker may begin.

    A queue's message has a time limit that is shorter than a lease. A request to the API has none.
    """
    left = (operation.lease_until - now - _SPARE).total_seconds() if operation.lease_until else 0
    try:
        async with asyncio.timeout(max(left, 0)):
            return await answer
    except TimeoutError:
        return Unanswered("the provider took too long to answer")


def lost_since(operation: Operation, now: datetime) -> datetime | None:
    """Since when an attempt's answer is missing; a worker that died at one counts from now."""
    died = operation.state is OperationState.submitting
    return operation.lost_at or (now if died else None)


def wait_for_lease(operation: Operation, now: datetime) -> None:
    """
    See that nobody is at it.

    Raises:
        OperationInFlight: somebody may still be; says until when.
    """
    if operation.lease_until is not None and operation.leased(now):
        wait = (operation.lease_until - now).total_seconds()
        raise OperationInFlight("it may still be under way", retry_after=wait)


def asked_again(now: datetime, since: datetime | None) -> timedelta:
    """
    How long the sweep leaves an operation alone that the gateway has not decided.

    As long as it has waited already, from 5 minutes to a day: a thousand that wait for a bank
    for a week are asked about ten times each, not 2,000 times.

    Args:
        since: when the wait began; None if it begins now.
    """
    return min(max(_ASK_AGAIN, now - (since or now)), _ASK_AT_LEAST)
