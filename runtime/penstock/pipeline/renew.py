"""
Renew: keeps dead letters until a person has decided on them, beyond the 14 days of SQS.

    a group with a letter of ten days or more       1 2 3
    each is sent again to the same queue, in order  2 3 1' → 3 1' 2' → 1' 2' 3'

SQS keeps a message for 14 days at most. So a copy of the letter is sent under the letter's id,
then the letter is deleted: a crash in between leaves both, which the next run recognizes. The
whole group is renewed, so that a redrive finds it in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from penstock.api.context import Clock
from penstock.domain.parked import FIRST_PARKED_AT, first_parked_at
from penstock.errors import ChannelUnavailable
from penstock.pipeline.batch import MARGIN
from penstock.ports import DeadLetters, Message

AFTER = timedelta(days=10)
"""The age at which a letter is renewed; SQS leaves four days to try again."""
_BATCH = 10


@dataclass(frozen=True, slots=True)
class Looked:
    """
    What one run found in one dead-letter queue.

    Attributes:
        letters: how many it holds, approximately.
        renewed: how many were sent again.
        oldest: since when the oldest one that was seen is a dead letter.
        error: why the run ended early, if it did.
    """

    queue: str
    letters: int
    renewed: int
    oldest: datetime | None
    error: str | None


def _forever() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class Renew:
    """
    The stage that its own schedule calls.

    Attributes:
        queues: the dead letters of each queue, by the queue's name.
        patience: seconds to wait for a letter before the queue counts as seen: less than one
            asks some of SQS's servers only.
    """

    queues: Mapping[str, DeadLetters]
    clock: Clock
    patience: float = 1.0

    async def __call__(self, remaining: Callable[[], float] = _forever) -> list[Looked]:
        """
        Look at every dead-letter queue; one without an answer does not stop the others.

        Args:
            remaining: seconds until the host ends; the next run sees what was not seen.
        """
        looked: list[Looked] = []
        for name, letters in self.queues.items():
            run = _Run(letters, self.clock.now(), self.patience, remaining)
            error = None
            try:
                await run.through()
            except ChannelUnavailable as exc:
                error = str(exc)
            looked.append(Looked(name, run.letters, run.renewed, run.oldest, error))
            self._tell(looked[-1])
        structlog.get_logger().info(
            "renew.finished",
            letters=sum(one.letters for one in looked),
            renewed=sum(one.renewed for one in looked),
        )
        return looked

    def _tell(self, found: Looked) -> None:
        log = structlog.get_logger().bind(queue=found.queue)
        if found.error:
            log.warning("dead_letters.not_seen", because=found.error)
        if found.letters and found.oldest:
            days = (self.clock.now() - found.oldest) / timedelta(days=1)
            log.info(
                "dead_letters.waiting",
                letters=found.letters,
                renewed=found.renewed,
                oldest_days=round(days, 2),
            )


@dataclass(slots=True)
class _Run:
    """One look at one queue."""

    queue: DeadLetters
    now: datetime
    patience: float
    remaining: Callable[[], float]
    letters: int = 0
    renewed: int = 0
    oldest: datetime | None = None
    _held: list[Message] = field(default_factory=list[Message])
    _ids: set[str] = field(default_factory=set[str])
    _moved: set[tuple[str, str, datetime]] = field(default_factory=set[tuple[str, str, datetime]])

    async def through(self) -> None:
        """See all letters, renew the old ones, and give back the others."""
        self.letters = sum((await self.queue.depth()).values())
        try:
            while self.letters and self.remaining() > MARGIN + self.patience:
                wait = self.patience if len(self._ids) < self.letters else 0
                batch = await self.queue.receive(_BATCH, wait)
                if not batch:
                    return
                # Held from here on: whatever fails, it is given back.
                self._held += batch
                self._ids |= {one.id for one in batch}
                for group in _groups(batch):
                    await self._group(group)
        finally:
            if self._held:
                # What is not given back comes back after the queue's visibility timeout.
                with suppress(ChannelUnavailable):
                    await self.queue.give_back(self._held)

    async def _group(self, received: Sequence[Message]) -> None:
        group = await self._without_copies(received)
        for letter in group:
            since = self._since(letter)
            self.oldest = min(self.oldest or since, since)
        for letter in self._to_move(group):
            await self.queue.renew(letter, self._since(letter))
            await self._forget(letter)
            self._moved.add(self._key(letter))
            self.renewed += 1

    async def _without_copies(self, group: Sequence[Message]) -> list[Message]:
        """The group without letters whose renewed copy is behind them: a run was killed there."""
        kept: list[Message] = []
        for place, letter in enumerate(group):
            behind = (one for one in group[place + 1 :] if FIRST_PARKED_AT in one.attributes)
            if self._key(letter) in map(self._key, behind):
                await self._forget(letter)
            else:
                kept.append(letter)
        return kept

    def _to_move(self, group: Sequence[Message]) -> Sequence[Message]:
        """The letters at the front that must go behind the others."""
        moved = [self._key(one) in self._moved for one in group]
        if any(moved):
            # Our own copies: the group has gone round once all before them have.
            return group[: moved.index(True)]
        # Of two letters of one moment the renewed one was before the other.
        places = [(self._since(one), self._old(one)) for one in group]
        first = places.index(min(places))
        if first:
            # A run was killed while the group went round.
            return group[:first]
        begun = group[0].group in {name for name, _, _ in self._moved}
        return group if begun or any(map(self._old, group)) else ()

    async def _forget(self, letter: Message) -> None:
        await self.queue.delete(letter)
        self._held.remove(letter)

    def _old(self, letter: Message) -> bool:
        return self.now - (letter.sent_at or self.now) >= AFTER

    def _since(self, letter: Message) -> datetime:
        return first_parked_at(letter.attributes, letter.sent_at) or self.now

    def _key(self, letter: Message) -> tuple[str, str, datetime]:
        return letter.group, letter.body, self._since(letter)


def _groups(batch: Sequence[Message]) -> list[list[Message]]:
    groups: dict[str, list[Message]] = {}
    for message in batch:
        groups.setdefault(message.group, []).append(message)
    return list(groups.values())
