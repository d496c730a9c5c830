"""The functions' host, over a platform in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from penstock.entrypoints.functions.host import Host
from penstock.ports import Message, Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.stand import Stand

HostOf = Callable[[Function], Host]


@dataclass
class Remaining:
    """The context that Lambda hands in."""

    millis: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.millis


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def host(stand: Stand) -> Iterator[HostOf]:
    made: list[Host] = []

    def make(function: Function) -> Host:
        made.append(Host(function, stand.platform))
        return made[-1]

    yield make
    for one in made:
        one.close()


def records(messages: Sequence[Message]) -> dict[str, Any]:
    """The event that a mapping makes of what a queue hands out."""
    return {
        "Records": [
            {
                "messageId": one.id,
                "receiptHandle": one.receipt,
                "body": one.body,
                "attributes": {
                    "MessageGroupId": one.group,
                    "ApproximateReceiveCount": str(one.receives),
                },
                "messageAttributes": {
                    name: {"stringValue": value, "dataType": "String"}
                    for name, value in one.attributes.items()
                },
                "eventSource": "aws:sqs",
            }
            for one in messages
        ]
    }


def take(host: Host, stand: Stand, queue: str, *messages: Outgoing) -> dict[str, Any]:
    """Send messages to a queue and take them out again, as a mapping does."""

    async def through() -> Sequence[Message]:
        for message in messages:
            await stand.world.queues[queue].send(message)
        return await stand.world.queues[queue].receive(10, 0)

    return records(host._run(through()))  # pyright: ignore[reportPrivateUsage] - its loop
