"""A sink to which events are replayed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from penstock.adapters.memory import MemoryAttempts, MemoryAudit, MemoryLedger, MemoryQueue
from penstock.api import Delivered, Event, EventType
from penstock.operators.audited import Audited
from penstock.operators.replay import Replay, Replayed, ReplayId
from penstock.pipeline.deliver import Deliver
from penstock.ports import Attempts, Channel, Ledger
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import CountingIds
from tests.unit.operators.desk import ADA

WHY = "the channel was archived"
ID = "20261102T120000000000Z-1"


class Board:
    """A sink that writes on a board."""

    name = "board"

    def __init__(self) -> None:
        self.had: list[str] = []

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: object) -> Delivered:
        self.had.append(event.id)
        return Delivered()


class Sink:
    """A sink, its queue and what it has had."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.queue = MemoryQueue(self.clock)
        self.attempts = MemoryAttempts()
        self.ledger = MemoryLedger()
        self.audit = MemoryAudit()
        self.board = Board()
        self.ids = CountingIds()
        self.events = [event(entity, number) for number in (1, 2, 3) for entity in ("p1", "p2")]

    async def deliver(self) -> None:
        stage = Deliver(self.board, self.attempts, self.clock, selected=["invoice.paid"])
        while batch := await self.queue.receive(10, 0):
            for message in batch:
                await stage(message)
                await self.queue.delete(message)

    async def replay(
        self,
        replay: str = ID,
        *,
        selected: Collection[str] | None = None,
        queue: Channel | None = None,
        attempts: Attempts | None = None,
        ledger: Ledger | None = None,
        audit: MemoryAudit | None = None,
        dry_run: bool = False,
    ) -> Replayed:
        command = Replay(
            "board",
            queue or self.queue,
            attempts or self.attempts,
            ledger or self.ledger,
            self.clock,
            selected,
        )
        audited = Audited(audit or self.audit, self.clock, self.ids, ADA)
        return await command(self.events, ReplayId.read(replay), WHY, audited, dry_run=dry_run)


def event(entity: str, number: int, kind: EventType = EventType.payment_succeeded) -> Event:
    at = NOON + timedelta(seconds=number)
    return Event(f"{entity}-{number}", kind, entity, "acme", number, at, {})
