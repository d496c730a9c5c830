"""
Walks a FIFO queue that no stage consumes, without losing a message.

    receive ─► handled ─► sent on, deleted
          └──► kept ────► given back at the end of the pass

A receive hides the whole group of each message, and returns ten of a group at most. So messages
that are kept are held until the pass has seen all it can. Then they are given back, and another
pass begins if messages were deleted, which makes room for more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from penstock.errors import ChannelUnavailable, TransientError
from penstock.ports import DeadLetters, Message, by_group

_BATCH = 10
Handle = Callable[[Message], Awaitable[bool]]
"""Handles a message. Returns whether it may be deleted; otherwise it is kept."""


@dataclass(slots=True)
class Walk:
    """
    What was seen.

    Attributes:
        seen: the messages, in the order in which they were first handed out.
        failed: by id, why a message could not be handled; its group was left alone after it.
        with_others: how many another command holds, or one that was killed.
        unseen: how many could not be seen: more than ten of one group wait before them.
    """

    seen: list[Message] = field(default_factory=list[Message])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    with_others: int = 0
    unseen: int = 0


async def walk(queue: DeadLetters, handle: Handle, patience: float) -> Walk:
    """
    Hand every message that can be seen to `handle`, groups side by side, in order within a group.

    Args:
        patience: seconds to wait for a message before the queue counts as seen.

    Raises:
        ChannelUnavailable: the queue gave no answer; what was held is given back, or comes back
            after the queue's visibility timeout.
    """
    depth = await queue.depth()
    going = _Going(queue, handle, patience, depth["visible"], Walk(with_others=depth["in_flight"]))
    while await going.once() and going.left:
        pass
    going.done.unseen = going.left
    return going.done


@dataclass(slots=True)
class _Going:
    queue: DeadLetters
    handle: Handle
    patience: float
    visible: int
    done: Walk
    _ids: set[str] = field(default_factory=set[str])
    _stopped: set[str] = field(default_factory=set[str])

    @property
    def left(self) -> int:
        """How many were not seen of those that were visible at first, approximately."""
        return max(0, self.visible - len(self._ids))

    async def once(self) -> bool:
        """One pass. Returns whether messages were deleted, which makes room for others."""
        held: dict[str, Message] = {}
        deleted = 0
        try:
            while batch := await self.queue.receive(_BATCH, self.patience if self.left else 0):
                again = [one for one in batch if one.id in held]
                held |= {one.id: one for one in batch}
                if len(again) == len(batch):
                    # The visibility timeout is over: the pass has taken too long for more.
                    break
                fresh = [one for one in batch if one not in again]
                results = await asyncio.gather(*(self._group(one) for one in by_group(fresh)))
                for message in (one for group in results for one in group):
                    del held[message.id]
                    deleted += 1
        finally:
            if held:
                with suppress(ChannelUnavailable):
                    await self.queue.give_back(list(held.values()))
        return deleted > 0

    async def _group(self, messages: Sequence[Message]) -> list[Message]:
        """Those of a group that were handled and deleted."""
        gone: list[Message] = []
        for message in messages:
            if message.id in self._ids or message.group in self._stopped:
                continue
            self._ids.add(message.id)
            self.done.seen.append(message)
            try:
                if await self.handle(message):
                    await self.queue.delete(message)
                    gone.append(message)
            except TransientError as exc:
                self.done.failed[message.id] = str(exc)
                self._stopped.add(message.group)
        return gone
