"""
Renew: keeps dead letters until a person has decided on them, beyond the 14 days of SQS.

    a group whose first letter is ten days old          1 2 3 4
    a copy of the first marks where the group begins    1 2 3 4 1'
    the others go behind it, each sent, then deleted    1 4 1' 2' 3'
    the first one is deleted at last                    1' 2' 3' 4'

The first letter stays in front until all the others are behind its copy. So a run that follows a
killed one finds it there and goes on. A receive shows ten letters at most: where the copy is not
among them, the whole group is moved round once, to see whether there is one.
A letter is sent before it is deleted: a crash in between leaves both, and the first one is
deleted when they are seen together, in the round after a kill.
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
from penstock.ports import DeadLetters, Message, by_group

AFTER = timedelta(days=10)
"""The age at which a letter is renewed; SQS leaves four days to try again."""
_BATCH = 10
_TURNS = 4
"""Rounds of a group in one run: it takes two, and at most four after a run that was killed."""
Key = tuple[str, str, datetime]
"""A letter and its copies: the group, the body, and since when it is a dead letter."""


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
    renewed: int = 0
    oldest: datetime | None = None
    error: str | None = None


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
class _Round:
    """
    How far a group has gone round in this run.

    Attributes:
        seen: its letters without the first, and when each was parked.
        done: whether these are all of them.
        whole: whether the last look showed the whole group.
        marked: whether this run sent the copy of the first.
        moves: how many letters were sent again.
        last: the one that was sent last.
    """

    seen: dict[Key, tuple[datetime, bool]] = field(
        default_factory=dict[Key, "tuple[datetime, bool]"]
    )
    done: bool = False
    whole: bool = False
    marked: bool = False
    moves: int = 0
    last: Key | None = None


@dataclass(slots=True)
class _Run:
    """One look at one queue."""

    queue: DeadLetters
    now: datetime
    patience: float
    remaining: Callable[[], float]
    letters: int = 0
    oldest: datetime | None = None
    _held: list[Message] = field(default_factory=list[Message])
    _ids: set[str] = field(default_factory=set[str])
    _rounds: dict[str, _Round] = field(default_factory=dict[str, "_Round"])
    _sent: set[Key] = field(default_factory=set[Key])

    @property
    def renewed(self) -> int:
        """How many letters were sent again."""
        return len(self._sent)

    async def through(self) -> None:
        """See all letters, renew the old ones, and give back the others."""
        self.letters = sum((await self.queue.depth()).values())
        try:
            while self.letters and self.remaining() > MARGIN + self.patience:
                waits = self._rounds or len(self._ids) < self.letters
                batch = await self.queue.receive(_BATCH, self.patience if waits else 0)
                if not batch:
                    return
                # Held from here on: whatever fails, it is given back.
                self._held += batch
                self._ids |= {one.id for one in batch}
                for group in by_group(batch):
                    # A full batch may show a part of each of its groups only.
                    await self._group(group, whole=len(batch) < _BATCH)
        finally:
            if self._held:
                # What is not given back comes back after the queue's visibility timeout.
                with suppress(ChannelUnavailable):
                    await self.queue.give_back(self._held)

    async def _group(self, received: Sequence[Message], *, whole: bool) -> None:
        for letter in received:
            since = self._since(letter)
            self.oldest = min(self.oldest or since, since)
        first, *others = received
        if not self._is_old(first):
            await self._without_copies(received)
            return
        others = await self._without_copies(others)
        around = self._rounds.setdefault(first.group, _Round())
        around.whole = whole
        if others and not around.whole and self._key(others[0]) == around.last:
            # A killed run sent it, too: both copies are there, one behind the other.
            await self._forget(others.pop(0))
        if await self._renewed(first, others, around):
            del self._rounds[first.group]
            await self._forget(first)
        elif around.moves <= _TURNS * (len(around.seen) + _BATCH):
            # A group is hidden while one of its letters is held.
            await self.queue.give_back([one for one in self._held if one.group == first.group])
            self._held = [one for one in self._held if one.group != first.group]

    async def _renewed(self, first: Message, others: Sequence[Message], around: _Round) -> bool:
        """Move letters behind the copy of the first one. Returns whether all are behind it."""
        keys, key = [self._key(one) for one in others], self._key(first)
        if key in keys:
            place = keys.index(key)
            if place == 0 and (around.marked or around.whole):
                return True
            # The copy is a killed run's: once more round, for letters which that run sent twice.
            around.marked |= place == 0
            moved = others[: max(place, 1)]
        elif around.marked:
            moved = others
        else:
            moved = self._before_start(others, around)
            if not moved:
                await self.queue.renew(first, self._since(first))
                self._sent.add(key)
                around.marked = True
        for letter in moved:
            await self.queue.renew(letter, self._since(letter))
            around.last = self._key(letter)
            self._sent.add(around.last)
            await self._forget(letter)
        around.moves += len(moved)
        return False

    def _before_start(self, others: Sequence[Message], around: _Round) -> Sequence[Message]:
        """
        The letters to move while the copy of the first is not known to be there: all until the
        group has gone round, then those before the one that was parked first.
        """
        keys = [self._key(one) for one in others]
        for letter, key in zip(others, keys, strict=True):
            around.done |= key in around.seen
            # Of two letters of one moment the renewed one was before the other.
            around.seen.setdefault(key, (self._since(letter), self._is_old(letter)))
        if not (around.done or around.whole) or not others:
            return others
        start = min(around.seen, key=lambda key: around.seen[key])
        return others[: keys.index(start)] if start in keys else others

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

    def _is_old(self, letter: Message) -> bool:
        return self.now - (letter.sent_at or self.now) >= AFTER

    async def _forget(self, letter: Message) -> None:
        await self.queue.delete(letter)
        self._held.remove(letter)

    def _since(self, letter: Message) -> datetime:
        return first_parked_at(letter.attributes, letter.sent_at) or self.now

    def _key(self, letter: Message) -> Key:
        return letter.group, letter.body, self._since(letter)
