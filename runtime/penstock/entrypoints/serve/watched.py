"""The queues whose messages are counted, on AWS and in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from penstock.adapters.aws.inbox import SqsInbox
from penstock.bootstrap.aws import Addresses, AwsWorld
from penstock.bootstrap.memory import MemoryWorld


class Counted(Protocol):
    """A queue whose messages can be counted."""

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`, approximately."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A queue and its dead-letter queue; a terminal queue has none."""

    queue: Counted
    dead_letters: Counted | None = None


def on_aws(world: AwsWorld, queues: Mapping[str, Addresses]) -> Mapping[str, Watched]:
    """A stack's queues, by their logical names."""
    return {
        name: Watched(
            SqsInbox(world.clients, one.url),
            SqsInbox(world.clients, one.dead_letters) if one.dead_letters else None,
        )
        for name, one in queues.items()
    }


def in_memory(world: MemoryWorld) -> Mapping[str, Watched]:
    """The queues of a platform in memory, by their logical names."""
    return {name: Watched(one, world.dead_letters.get(name)) for name, one in world.queues.items()}
