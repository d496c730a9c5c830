"""
A batch from a FIFO queue: groups side by side, in order within a group.

    group A   1 done   2 done   3 done
    group B   1 done   2 FAILED 3 not begun      2 and 3 come back together, after 2's delay
    group C   1 parked 2 done                    parked is done: its followers go on

The first failure of a group stops that group. The delay is set on the failed message *and* on
every later one of its group: setting the first alone leaves the group blocked for the queue's
whole visibility timeout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from penstock.api.context import Clock
from penstock.errors import (
    LedgerConflict,
    OutOfTime,
    PermanentError,
    SinkScheduled,
    TransientError,
)
from penstock.pipeline import correlation, notices
from penstock.pipeline.log import log
from penstock.ports import Inbox, Message, by_group

MARGIN = 5.0
"""Seconds a function keeps for giving back what it did not begin."""
_MAX_DOUBLINGS = 32
PATIENCE = 100
"""Receipts for which the other side's word counts; a queue gives a message up after 200."""
SELDOM = 8
"""
By how much more slowly a message comes back after them.

With a cap of 15 minutes 200 receipts then last for nine days, and not for two: credentials that
nobody mends over a holiday dead-letter nothing. A queue keeps a message for 14 days.
"""


class Status(StrEnum):
    """What became of one message of a batch."""

    done = "done"
    parked = "parked"
    retry = "retry"


@dataclass(frozen=True, slots=True)
class Handled:
    """How a stage ended a message: the entity, a one-word outcome, and why."""

    entity: str | None
    outcome: str
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message; `error` says why it was parked or comes back."""

    id: str
    status: Status
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait before a message is tried again: `base`, doubling up to `cap`."""

    base: float
    cap: float

    def delay(self, receives: int, retry_after: float | None = None) -> float:
        """
        The delay after that many receipts, or the one the other side named, capped too.

        If the other side says "at once" again and again, that counts for the first receipts only:
        an outage must not use up the receipts that a queue allows a message.
        """
        own = min(self.base * 2.0 ** min(receives - 1, _MAX_DOUBLINGS), self.cap)
        if receives > PATIENCE:
            own *= SELDOM
        if retry_after is None:
            return own
        named = min(max(retry_after, 0.0), self.cap)
        return named if receives <= PATIENCE else max(named, own)


Handle = Callable[[Message], Awaitable[Handled]]


@dataclass(frozen=True, slots=True)
class Batch:
    """
    How one stage works through the messages of its queue.

    Attributes:
        remaining: seconds until the host ends us; no item begins unless it can end in time.
        item_timeout: seconds one item may take.
    """

    stage: str
    handle: Handle
    inbox: Inbox
    clock: Clock
    backoff: Backoff
    item_timeout: float

    async def run(
        self, messages: Sequence[Message], remaining: Callable[[], float]
    ) -> list[Result]:
        """Work through the messages; a result each, in the order they came."""
        groups = by_group(messages)
        if len(groups) == 1:
            return await self.group(messages, remaining)
        done = await asyncio.gather(*(self.group(group, remaining) for group in groups))
        results = {result.id: result for group in done for result in group}
        return [results[message.id] for message in messages]

    async def group(
        self, messages: Sequence[Message], remaining: Callable[[], float]
    ) -> list[Result]:
        """Work through messages of one group, in order; a result each."""
        results: list[Result] = []
        for place, message in enumerate(messages):
            result, delay = await self._item(message, remaining)
            results.append(result)
            if result.status is Status.retry:
                later = messages[place:]
                await self._postpone(later, delay)
                results += [
                    Result(follower.id, Status.retry, "waits for an earlier message of its group")
                    for follower in later[1:]
                ]
                break
        return results

    async def _item(
        self, message: Message, remaining: Callable[[], float]
    ) -> tuple[Result, float]:
        with correlation.item(message_id=message.id):
            return await self._handled(message, remaining)

    async def _handled(
        self, message: Message, remaining: Callable[[], float]
    ) -> tuple[Result, float]:
        began = self.clock.monotonic()
        entity: str | None = message.group
        error: str | None = None
        because: str | None = None
        delay = 0.0
        try:
            if remaining() <= self.item_timeout + MARGIN:
                raise OutOfTime("too little time left to begin")
            async with asyncio.timeout(self.item_timeout):
                handled = await self._decided(message)
            entity, outcome, status = handled.entity, handled.outcome, Status.done
            because = handled.because
        except PermanentError as exc:
            status, outcome, error, delay = await self._park(message, exc)
        except OutOfTime as exc:
            # The worker ran out of time, so another one may take the message at once.
            status, outcome, error = Status.retry, "retry", str(exc)
        except SinkScheduled as exc:
            status, outcome, error, delay = Status.retry, "retry", str(exc), exc.wait
        except TransientError as exc:
            status, outcome, error = Status.retry, "retry", str(exc)
            delay = self.backoff.delay(message.receives, exc.retry_after)
        except TimeoutError:
            status, outcome, error = Status.retry, "retry", "took longer than its time limit"
            delay = self.backoff.delay(message.receives)
        except Exception as exc:
            # A bug of ours: the message must outlive it.
            error = f"unexpected {type(exc).__name__}"
            notices.stage_failed(self.stage, exc)
            status, outcome = Status.retry, "retry"
            delay = self.backoff.delay(message.receives)
        why = error or because
        log().info(
            "stage.finished",
            stage=self.stage,
            entity=entity,
            outcome=outcome,
            status=status,
            **({"because": why} if why else {}),
            ms=round((self.clock.monotonic() - began) * 1000, 1),
        )
        return Result(message.id, status, error), delay

    async def _decided(self, message: Message) -> Handled:
        try:
            return await self.handle(message)
        except LedgerConflict:
            # Read again and decide again, as the error says; the second time it waits its turn.
            return await self.handle(message)

    async def _park(
        self, message: Message, cause: PermanentError
    ) -> tuple[Status, str, str, float]:
        reason = f"{type(cause).__name__}: {cause}"
        try:
            await self.inbox.park(message, reason)
        except TransientError as exc:
            delay = self.backoff.delay(message.receives, exc.retry_after)
            return Status.retry, "retry", f"could not be parked: {exc}", delay
        return Status.parked, "parked", reason, 0.0

    async def _postpone(self, messages: Sequence[Message], delay: float) -> None:
        try:
            await self.inbox.postpone(messages, delay)
        except TransientError as exc:
            # They come back after the queue's own visibility timeout instead.
            self._log().warning("batch.not_postponed", because=str(exc))

    def _log(self) -> structlog.typing.FilteringBoundLogger:
        return structlog.get_logger().bind(stage=self.stage)
