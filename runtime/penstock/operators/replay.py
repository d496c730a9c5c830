"""
Replay: sends events to one sink again, whether it was given them before or not.

    events ─► the sink's filter ─► had under this replay's id? ─► the sink's own queue

A replay has an id. `deliver` remembers what was delivered under it, so a replay that was killed is
run again under its id, and nothing of it is delivered twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from penstock.api.context import Clock, Ids
from penstock.domain.describe import named
from penstock.domain.events import Event
from penstock.domain.ref import Ref
from penstock.errors import CommandRefused, TransientError
from penstock.operators.audited import Audited, said
from penstock.operators.dead_letters import Progress
from penstock.pipeline.deliver import REPLAY, attempt_key
from penstock.ports import Attempts, Channel, Ledger, Outgoing

MOST = 20_000
"""Events at once: they are held in memory. A replay of more has parts, each an own entry."""
_SIDE_BY_SIDE = 8
_EVERY = 1.0
_ID = re.compile(r"(\d{8}T\d{12}Z)-[0-9A-Za-z-]{1,16}", re.ASCII)
_STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True)
class ReplayId:
    """
    A replay's name.

    Attributes:
        begun_at: later events are not part of the replay, also when it is run again.
    """

    text: str
    begun_at: datetime

    @classmethod
    def new(cls, clock: Clock, ids: Ids) -> ReplayId:
        """A replay that begins now."""
        return cls.read(f"{clock.now().astimezone(UTC):{_STAMP}}-{ids.new()[-8:]}")

    @classmethod
    def read(cls, text: str) -> ReplayId:
        """
        Read a replay's id.

        Raises:
            CommandRefused: it is not the id of a replay.
        """
        found = _ID.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)
            begun = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
        except ValueError as exc:
            raise CommandRefused(
                "--replay-id takes the id that a replay printed: 20261102T120000000000Z-0a1b2c3d"
            ) from exc
        return cls(text, begun)


@dataclass(slots=True)
class Replayed:
    """
    What became of a replay to one sink.

    Attributes:
        sent: the ids of the events that were put on the sink's queue.
        had: how many had been delivered under this id before.
        left_out: how many the sink's filter holds back.
        delivered: how many were delivered while the command waited.
        planned: a dry run: nothing was sent.
    """

    sink: str
    sent: list[str] = field(default_factory=list[str])
    had: int = 0
    left_out: int = 0
    delivered: int | None = None
    planned: bool = False

    def add(self, part: Replayed) -> None:
        """Count another part of the same replay."""
        self.sent += part.sent
        self.had += part.had
        self.left_out += part.left_out
        if part.delivered is not None:
            self.delivered = (self.delivered or 0) + part.delivered

    @property
    def effect(self) -> str:
        """What was done, in one line."""
        verb = "would be sent" if self.planned else "sent"
        parts = [f"{len(self.sent)} {verb} to {self.sink}"]
        if self.delivered is not None:
            parts.append(f"{self.delivered} of them delivered")
        if self.had:
            parts.append(f"{self.had} delivered under this id before")
        if self.left_out:
            parts.append(f"{self.left_out} left out by the sink's filter")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Replay:
    """
    Replays to one sink.

    Attributes:
        queue: the sink's own queue; no other sink gets what is sent there.
        selected: the event types that the sink's filter lets through; None for all.
    """

    sink: str
    queue: Channel
    attempts: Attempts
    ledger: Ledger
    clock: Clock
    selected: Collection[str] | None = None

    async def __call__(
        self,
        events: Sequence[Event],
        replay: ReplayId,
        because: str,
        audited: Audited,
        *,
        dry_run: bool = False,
        progress: Progress = lambda done: None,
    ) -> Replayed:
        """
        Send events to the sink's queue.

        Args:
            events: oldest first; each entity's keep their order.

        Raises:
            CommandRefused: there are too many, or there is no reason.
            ChannelUnavailable, LedgerUnavailable: what was sent stays so; run it again under the
                same id.
        """
        because = said(because)
        if len(events) > MOST:
            raise CommandRefused(
                f"{len(events)} events are too many for one replay ({MOST} at most): choose a "
                "shorter time with --since and --until"
            )
        done = Replayed(self.sink, planned=dry_run)
        wanted = [e for e in events if self.selected is None or e.type in self.selected]
        done.left_out = len(events) - len(wanted)
        if dry_run:
            await self._all(wanted, replay, done, progress, send=False)
            return done
        subjects = [f"queue#sink-{self.sink}", f"replay#{replay.text}"]
        async with audited("events replay", subjects, because) as trail:
            try:
                await self._all(wanted, replay, done, progress, send=True)
            finally:
                trail.after = {"sent": len(done.sent), "had": done.had, "left_out": done.left_out}
            trail.effect = done.effect
        return done

    async def wait(self, done: Replayed, replay: ReplayId, seconds: float) -> None:
        """
        Count what is delivered within that time.

        Raises:
            LedgerUnavailable: the ledger gave no answer; what was sent stays so.
        """
        until = self.clock.now() + timedelta(seconds=seconds)
        waiting = [attempt_key(one, replay.text) for one in done.sent]
        while True:
            waiting = await self._undelivered(waiting)
            done.delivered = len(done.sent) - len(waiting)
            if not waiting or self.clock.now() >= until:
                return
            await self.clock.sleep(_EVERY)

    async def _undelivered(self, keys: Sequence[str]) -> list[str]:
        left: list[str] = []
        for start in range(0, len(keys), _SIDE_BY_SIDE):
            some = keys[start : start + _SIDE_BY_SIDE]
            had = await asyncio.gather(*(self.attempts.delivered(self.sink, key) for key in some))
            left += [key for key, delivered in zip(some, had, strict=True) if not delivered]
        return left

    async def _all(
        self,
        events: Sequence[Event],
        replay: ReplayId,
        done: Replayed,
        progress: Progress,
        *,
        send: bool,
    ) -> None:
        lines: dict[Ref, list[Event]] = {}
        for event in events:
            lines.setdefault(event.ref, []).append(event)
        room = asyncio.Semaphore(_SIDE_BY_SIDE)

        failed: list[TransientError] = []

        async def line(ref: Ref, own: Sequence[Event]) -> None:
            async with room:
                try:
                    entity = await self.ledger.find(ref) if send and not failed else None
                    for event in own:
                        if failed:
                            return
                        # The archive holds no names, and a payer may have been forgotten since.
                        told = event if entity is None else named(event, entity)
                        await self._one(told, replay, done, send=send)
                        progress(len(done.sent) + done.had)
                except TransientError as exc:
                    failed.append(exc)

        await asyncio.gather(*(line(ref, own) for ref, own in lines.items()))
        if failed:
            raise failed[0]

    async def _one(self, event: Event, replay: ReplayId, done: Replayed, *, send: bool) -> None:
        key = attempt_key(event.id, replay.text)
        if await self.attempts.delivered(self.sink, key):
            done.had += 1
            return
        if send:
            attributes = {"type": str(event.type), "gateway": event.gateway, REPLAY: replay.text}
            await self.queue.send(Outgoing(event.dumps(), event.entity, key, attributes))
        done.sent.append(event.id)
