"""A thousand entities side by side: each one's messages are worked on in order, whatever fails."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from random import Random

import structlog

from penstock.adapters.memory import MemoryQueue
from penstock.entrypoints.serve.consume import Consumer
from penstock.errors import GatewayUnavailable
from penstock.pipeline.batch import Backoff, Batch, Handled
from penstock.ports import Message, Outgoing
from penstock.simulation.loop import VirtualClock, VirtualLoop
from tests.depth import LONG, examples
from tests.leaving import logging_restored

ENTITIES, MESSAGES = 1_000, examples(10, 20)


@LONG
def test_a_thousand_entities_keep_their_order_with_two_hosts_of_serve() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        done = runner.run(worked_through(Random(1)))  # noqa: S311 - chosen, not secret

    assert {f"e-{n}" for n in range(ENTITIES)} == done.keys()
    assert [] == [name for name, seen in done.items() if seen != list(range(MESSAGES))]


async def worked_through(random: Random) -> dict[str, list[int]]:
    """What was done, by entity, in the order in which it was."""
    clock, done = VirtualClock(asyncio.get_running_loop()), defaultdict[str, list[int]](list)
    queue = MemoryQueue(clock, visibility=timedelta(minutes=3), dead_letters=MemoryQueue(clock))
    for number in range(MESSAGES):
        for entity in range(ENTITIES):
            await queue.send(Outgoing(str(number), f"e-{entity}", f"{entity}#{number}"))

    async def handle(message: Message) -> Handled:
        await asyncio.sleep(random.random() * 0.2)
        if random.random() < 0.02:
            raise GatewayUnavailable("not now", retry_after=random.random() * 5)
        done[message.group].append(int(message.body))
        return Handled(message.group, "done")

    stop = asyncio.Event()
    batch = Batch("test", handle, queue, clock, Backoff(2, 900), item_timeout=20)
    with logging_restored():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
        hosts = [asyncio.create_task(Consumer(batch, 10, stop).run()) for _ in range(2)]
        while any((await queue.depth()).values()):
            await clock.sleep(60)
        stop.set()
        await asyncio.gather(*hosts)
    return dict(done)
