"""
The queues' consumers of a process that hosts them all.

    receive ─► split by group ─► each group a batch of its own ─► delete what is done

A slow group holds up nobody: the queue hands out no more of it, and the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from penstock import observability
from penstock.bootstrap import Platform
from penstock.errors import TransientError
from penstock.pipeline import notices
from penstock.pipeline.batch import MARGIN, Batch, Status
from penstock.ports import Message, by_group
from penstock.settings import Function

T = TypeVar("T")
LONG_POLL = 20.0
GROUPS = 32
"""Groups of one queue that are worked on side by side."""
SWEEP_EVERY = 60.0
GAPS_EVERY = 600.0
RENEW_EVERY = 6 * 3600.0
_SULK = 2.0
"""Seconds for which a queue without an answer is left alone."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """
    One queue and what works through it.

    Attributes:
        limit: messages asked for at a time.
        stop: once it is set nothing more begins; what began is finished.
    """

    batch: Batch
    limit: int
    stop: asyncio.Event
    sink: str | None = None
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(GROUPS))

    async def run(self) -> None:
        """Consume until told to stop, then finish the work that began."""
        observability.bind_contextvars(**({"sink": self.sink} if self.sink else {}))
        async with asyncio.TaskGroup() as tasks:
            # A task of its own, so that no receipt needs one to be given up in.
            taking = tasks.create_task(self._take(tasks))
            await self.stop.wait()
            taking.cancel()

    async def _take(self, tasks: asyncio.TaskGroup) -> None:
        while not self.stop.is_set():
            # Cancelled here or in the receipt, never with messages that no task has.
            async with self._room:
                pass
            for group in by_group(await self._receive()):
                tasks.create_task(self._work(group))

    async def _receive(self) -> Sequence[Message]:
        try:
            return await self.batch.inbox.receive(self.limit, LONG_POLL)
        except TransientError as exc:
            self._log().warning("consumer.no_answer", because=str(exc))
        except Exception as exc:
            # A bug at one receipt must not end the consumer: nothing would start it again.
            notices.stage_failed(self.batch.stage, exc)
        await self.batch.clock.sleep(_SULK)
        return ()

    async def _work(self, group: Sequence[Message]) -> None:
        async with self._room:
            try:
                results = await self.batch.group(group, self._remaining)
                for message, result in zip(group, results, strict=True):
                    if result.status is not Status.retry:
                        await self.batch.inbox.delete(message)
            except TransientError as exc:
                # It comes again and is known by then: every stage takes a duplicate.
                self._log().warning("consumer.not_deleted", because=str(exc))
            except Exception as exc:
                notices.stage_failed(self.batch.stage, exc)

    def _remaining(self) -> float:
        return _remaining(self.stop)

    def _log(self) -> structlog.typing.FilteringBoundLogger:
        return structlog.get_logger().bind(stage=self.batch.stage)


def consumers(platform: Platform, sinks: Sequence[str], stop: asyncio.Event) -> list[Consumer]:
    """
    One per queue; builds every plugin, so that a misconfigured one is named at the start.

    Raises:
        PluginError: names the plugin.
    """
    ten = 10
    return [
        Consumer(platform.batch(Function.verify), ten, stop),
        Consumer(platform.batch(Function.process), ten, stop),
        Consumer(platform.batch(Function.charge), platform.settings.max_messages, stop),
        *(
            Consumer(platform.batch(Function.deliver, sink), ten, stop, sink=sink)
            for sink in sinks
        ),
    ]


async def sweep(platform: Platform, stop: asyncio.Event) -> None:
    """Sweep every minute until told to stop."""

    async def work() -> None:
        # A run that always found more would never say that it has ended.
        ends = platform.world.clock.monotonic() + SWEEP_EVERY + platform.settings.item_timeout

        def left() -> float:
            return min(_remaining(stop), ends + MARGIN - platform.world.clock.monotonic())

        await platform.sweep(remaining=left)
        await platform.retention(left)

    await _repeated("sweep", work, SWEEP_EVERY, platform, stop)


async def gaps(platform: Platform, stop: asyncio.Event) -> None:
    """Compare gateways' lists with the ledger every ten minutes until told to stop."""

    async def work() -> None:
        await platform.gaps(remaining=lambda: _remaining(stop))

    await _repeated("gaps", work, GAPS_EVERY, platform, stop)


async def renew(platform: Platform, stop: asyncio.Event) -> None:
    """Renew old dead letters every six hours until told to stop."""

    async def work() -> None:
        await platform.renew(remaining=lambda: _remaining(stop))

    await _repeated("renew", work, RENEW_EVERY, platform, stop)


async def _repeated(
    what: str,
    work: Callable[[], Awaitable[None]],
    every: float,
    platform: Platform,
    stop: asyncio.Event,
) -> None:
    while not stop.is_set():
        try:
            await work()
        except Exception as exc:
            # What ends one run must not end all others.
            notices.run_failed(what, exc)
        await unless(stop, platform.world.clock.sleep(every))


def _remaining(stop: asyncio.Event) -> float:
    # What has not begun when we stop is for the next run.
    return 0.0 if stop.is_set() else float("inf")


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work, or cancel it once told to stop."""
    doing, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        return None
    finally:
        told.cancel()
        if not doing.done():
            doing.cancel()
            # Cancelling is a request: wait until it has taken effect.
            await asyncio.gather(doing, told, return_exceptions=True)
