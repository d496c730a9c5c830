"""The contents of queues and ledger as gauges, read on request, at most every 15 s."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

import structlog
from prometheus_client import CollectorRegistry, Gauge

from penstock.api.context import Clock
from penstock.entrypoints.serve.watched import Watched
from penstock.ports import Ledger

FRESH = 15.0
"""Seconds until the gauges are read again: each reading is a request to AWS."""
PATIENCE = 5.0
"""Seconds one reading may take; a scraper waits 10 s by default."""
_LEDGER = "ledger"
_STATES = ("visible", "in_flight")


class Gauges:
    """
    The gauges of one process.

    Args:
        queues: by their logical names.
    """

    def __init__(
        self,
        queues: Mapping[str, Watched],
        ledger: Ledger,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._queues = queues
        self._ledger = ledger
        self._clock = clock
        self._read_at: float | None = None
        self._reading = asyncio.Lock()
        self._messages = Gauge(
            "penstock_queue_messages",
            "Messages of a queue, approximately: visible ones wait, in_flight ones are worked on.",
            ("queue", "state"),
            registry=registry,
        )
        self._dead = Gauge(
            "penstock_dead_letters",
            "Messages of a queue's dead-letter queue, approximately.",
            ("queue",),
            registry=registry,
        )
        self._oldest = Gauge(
            "penstock_oldest_due_seconds",
            "How long the ledger's oldest due entity has waited for the sweep; 0 if none is due.",
            registry=registry,
        )
        self._readable = Gauge(
            "penstock_readable",
            "1 if the queue or the ledger could be read. Where it is 0, its own gauges are absent "
            "or NaN.",
            ("what",),
            registry=registry,
        )

    async def read(self) -> None:
        """Read everything, unless that was done a moment ago; a gauge reports a failure."""
        async with self._reading:
            now = self._clock.monotonic()
            if self._read_at is not None and now - self._read_at < FRESH:
                return
            self._read_at = now
            queues = (self._tried(name, self._queue(name, q)) for name, q in self._queues.items())
            await asyncio.gather(*queues, self._tried(_LEDGER, self._due()))

    async def _queue(self, name: str, one: Watched) -> None:
        depth = await one.queue.depth()
        dead = await one.dead_letters.depth() if one.dead_letters else None
        for state in _STATES:
            self._messages.labels(name, state).set(depth[state])
        if dead is not None:
            self._dead.labels(name).set(sum(dead[state] for state in _STATES))

    async def _due(self) -> None:
        now = self._clock.now()
        waited = 0.0
        for ref in await self._ledger.due(now, 1):
            entity = await self._ledger.find(ref)
            if entity is not None and entity.due_at is not None:
                waited = max(0.0, (now - entity.due_at).total_seconds())
        self._oldest.set(waited)

    async def _tried(self, what: str, reading: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await reading
        except Exception as exc:
            # Any failure: the other metrics are still reported, and an old number would mislead.
            because = type(exc).__name__
            structlog.get_logger().warning("metrics.unreadable", what=what, because=because)
            self._forget(what)
            self._readable.labels(what).set(0)
        else:
            self._readable.labels(what).set(1)

    def _forget(self, what: str) -> None:
        if what == _LEDGER:
            self._oldest.set(float("nan"))
            return
        for state in _STATES:
            self._messages.remove(what, state)
        self._dead.remove(what)
