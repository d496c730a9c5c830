"""
One run of the sweep: finds due entities, sends what is unsent, and gives each its turn.

    look ──► send, all of it ──► a turn each, by gateway ──► look again, every 5 s

Nothing of a run goes on once it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from penstock.api.context import Clock
from penstock.domain.ref import Ref
from penstock.errors import PenstockError
from penstock.pipeline import correlation
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.turns import Turns
from penstock.ports import Ledger

IN_SIGHT = 2_000
"""Due entities per look; the next look sees the others."""
SENDING = 32
"""Entities whose events and messages are sent side by side; that asks no gateway."""
LOOK_EVERY = 5.0
"""Seconds after which a run looks for what has become due meanwhile."""


class Sweeper(Protocol):
    """The work of a run on one entity; see `Sweep`."""

    async def send(self, ref: Ref) -> tuple[str, Exception | None]:
        """Send events and messages. Returns the entity's gateway, and the error if one failed."""
        ...

    async def resume(self, ref: Ref) -> Exception | None:
        """Do all that is due. Returns the error, if there was one."""
        ...

    async def defer(self, ref: Ref, seconds: float) -> None:
        """Leave the entity alone for a while."""
        ...


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep did for one entity; `error` says why it could not."""

    ref: Ref
    error: str | None = None


@dataclass(slots=True)
class SweepRun:
    """
    One run.

    Attributes:
        item_timeout: seconds one entity may take.
        remaining: seconds until the host ends.
        looked: whether there was time to look at all.
        found: the due entities it has seen, with their gateways, in the order of their turns.
        unsent: by entity, why something could not be sent.
    """

    sweep: Sweeper
    ledger: Ledger
    clock: Clock
    item_timeout: float
    remaining: Callable[[], float]
    looked: bool = False
    found: dict[Ref, str] = field(default_factory=dict[Ref, str])
    unsent: dict[Ref, Exception] = field(default_factory=dict[Ref, Exception])
    swept: dict[Ref, Swept] = field(default_factory=dict[Ref, Swept])

    @property
    def left(self) -> int:
        """How many of the entities it found had no turn."""
        return len(self.found) - len(self.swept)

    async def go(self, limit: int | None) -> None:
        """
        Go on until nothing is due, or the time is over.

        Args:
            limit: look once, for at most this many entities.
        """
        turns, lines = Turns(self.clock), set[asyncio.Task[None]]()
        try:
            while True:
                if limit is None or not self.found:
                    new = await self._look(limit or IN_SIGHT)
                    lines |= {asyncio.create_task(self._turn(ref, turns)) for ref in new}
                if not lines:
                    return
                done, lines = await asyncio.wait(lines, timeout=LOOK_EVERY)
                for one in done:
                    one.result()
        finally:
            for one in lines:
                one.cancel()
            await asyncio.gather(*lines, return_exceptions=True)

    async def _look(self, limit: int) -> Sequence[Ref]:
        """Find what has become due, and send its events and messages."""
        if not self.time():
            return []
        self.looked = True
        due = await self.ledger.due(self.clock.now(), limit)
        new = [ref for ref in due if ref not in self.found]
        self.found.update(dict.fromkeys(new, ""))
        room = asyncio.Semaphore(SENDING)
        await asyncio.gather(*(self._send(ref, room) for ref in new))
        return new

    async def _send(self, ref: Ref, room: asyncio.Semaphore) -> None:
        async with room:
            if self.time():
                with correlation.item(entity=ref.id):
                    self.found[ref], failed = await self.sweep.send(ref)
                if failed is not None:
                    self.unsent[ref] = failed

    async def _turn(self, ref: Ref, turns: Turns) -> None:
        gateway = self.found[ref]
        async with turns.room(gateway):
            if not self.time():
                return
            with correlation.item(entity=ref.id):
                if alone := turns.alone(gateway):
                    await self.sweep.defer(ref, alone)
                    return
                failed = await self.sweep.resume(ref)
        turns.note(gateway, failed)
        failed = self.unsent.get(ref, failed)
        self.swept[ref] = Swept(ref, failed and told(failed))

    def time(self) -> bool:
        """Whether an entity that begins now can end."""
        return self.remaining() > self.item_timeout + MARGIN


def told(failed: Exception) -> str:
    """An error in words; a bug's message may hold a payload, so only its type is named."""
    if isinstance(failed, PenstockError):
        return f"{type(failed).__name__}: {failed}"
    if isinstance(failed, TimeoutError):
        return "took longer than its time limit"
    return f"unexpected {type(failed).__name__}"
