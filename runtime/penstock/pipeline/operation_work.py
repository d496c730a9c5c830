"""The parts that the stages of actions share: an operation's commit and its waits."""

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
"""Kept for committing the answer of a call before its lease ends."""
_WRITES = 10
"""Tries: an answer is not dropped because other operations are reserved at the same moment."""

FORGOTTEN = "its answer was lost, and the gateway has forgotten the request: look at the gateway"
"""Why an operation is parked that can no longer be asked for under the same id."""
_CLOCKS = timedelta(hours=1)
"""A gateway's window counts as shorter by this: clocks differ, and a request takes time."""
_ASK_AGAIN = timedelta(minutes=5)
_ASK_AT_LEAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OperationWork:
    """Commits what becomes of an operation, even if its entity changes in between."""

    ledger: Ledger

    async def commit(self, entity: E, operation: Operation, decide: Callable[[E], Change[E]]) -> E:
        """
        Commit the decision on an operation; decide again on a newer version of its entity.

        Args:
            operation: as it was read; another worker's change of it is a conflict.

        Raises:
            LedgerConflict: another worker is at the operation.
        """

        async def committed(latest: E) -> E:
            decided = decide(latest)
            await self.ledger.commit(decided)
            return decided.entity

        return await self.settle(entity, operation, committed)

    async def settle(
        self, entity: E, operation: Operation, settle: Callable[[E], Awaitable[E]]
    ) -> E:
        """
        Settle an operation; settle it again on a newer version of its entity.

        A gateway's answer still applies where another worker wrote something else of the entity
        (a notification, that an event left).

        Args:
            operation: as it was read or submitted; another worker's change of it is a conflict.
            settle: commits what the answer means for that version of the entity.

        Raises:
            LedgerConflict: another worker is at the operation.
        """
        for _ in range(_WRITES):
            try:
                return await settle(entity)
            except LedgerConflict:
                latest = await self.ledger.load(type(entity), entity.id)
                if latest is None or latest.operation_by_id(operation.id) != operation:
                    raise
                entity = latest
        raise LedgerConflict("other workers keep writing the entity; try again")


async def before_lease_ends(
    answer: Awaitable[T], operation: Operation, now: datetime
) -> T | Unanswered:
    """
    A gateway's answer, or `Unanswered` shortly before another worker may begin.

    A queue's message has a time limit that is shorter than a lease. A request to the API has none.
    """
    left = (operation.lease_until or now) - now - _SPARE
    try:
        async with asyncio.timeout(left.total_seconds()):
            return await answer
    except TimeoutError:
        return Unanswered("the provider took too long to answer")


def lost_since(operation: Operation, now: datetime) -> datetime | None:
    """Since when an attempt's answer is missing; if its worker died, from now."""
    died = operation.state is OperationState.submitting
    return operation.lost_at or (now if died else None)


def wait_for_lease(operation: Operation, now: datetime, what: str) -> None:
    """
    Make sure that no other worker is at an operation.

    Args:
        what: the operation in words, for the message.

    Raises:
        OperationInFlight: its lease still runs; says for how many seconds.
    """
    if operation.lease_until is not None and operation.leased(now):
        wait = (operation.lease_until - now).total_seconds()
        raise OperationInFlight(f"{what} may still be under way", retry_after=wait)


def forgotten(operation: Operation, window: timedelta, now: datetime) -> bool:
    """
    Whether the gateway may have forgotten the id of an operation that was submitted before.

    Args:
        window: how long the gateway remembers an id.
    """
    return operation.began_at is not None and now - operation.began_at > window - _CLOCKS


def asked_again(now: datetime, since: datetime | None) -> timedelta:
    """
    How long the sweep leaves an undecided operation alone.

    As long as it has waited already, from 5 minutes to a day: an operation that waits for a bank
    for a week is asked about ten times, not 2,000 times.

    Args:
        since: when the wait began; None if it begins now.
    """
    return min(max(_ASK_AGAIN, now - (since or now)), _ASK_AT_LEAST)
