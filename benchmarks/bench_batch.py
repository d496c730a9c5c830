"""
How close a FIFO batch comes to its limit: 10 messages, 50 ms of waiting each, 10 / 5 / 1 groups.

The limit is the longest group's own waiting time: groups wait side by side, a group in turn.
Cases are interleaved, so that a slow moment of the machine hits all of them.
"""

from __future__ import annotations

import asyncio
import statistics
from time import perf_counter

import structlog
from rich.console import Console
from rich.table import Table

from infra.printing import printing
from penstock.adapters.clock import SystemClock
from penstock.adapters.memory import MemoryQueue
from penstock.pipeline.batch import Backoff, Batch, Handled
from penstock.ports import Message, Outgoing

MESSAGES = 10
WAIT = 0.05
ROUNDS = 11
TARGET = 1.03


async def one_batch(groups: int) -> float:
    """Seconds for one batch; raises AssertionError if a group's order was broken."""
    clock = SystemClock()
    queue = MemoryQueue(clock)
    for number in range(MESSAGES):
        await queue.send(Outgoing(str(number), group=f"g{number % groups}", dedup=str(number)))
    ended: list[Message] = []

    async def handle(message: Message) -> Handled:
        await asyncio.sleep(WAIT)
        ended.append(message)
        return Handled(message.group, "done")

    batch = Batch("bench", handle, queue, clock, Backoff(2, 900), item_timeout=20)
    messages = await queue.receive(MESSAGES, 0)
    began = perf_counter()
    await batch.run(messages, lambda: 3600.0)
    took = perf_counter() - began
    for group in {message.group for message in ended}:
        numbers = [int(message.body) for message in ended if message.group == group]
        if numbers != sorted(numbers):
            raise AssertionError(f"order broken in {group}")
    return took


def main() -> int:
    """Print the table; exit 1 when a ratio misses the target."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    cases = (10, 5, 1)
    took: dict[int, list[float]] = {groups: [] for groups in cases}
    with asyncio.Runner() as runner:
        for _ in range(ROUNDS):
            for groups in cases:
                took[groups].append(runner.run(one_batch(groups)))
    table = Table("groups", "limit ms", "median ms", "min-max ms", "ratio", "target")
    ratios: list[float] = []
    for groups, times in took.items():
        limit = WAIT * MESSAGES / groups
        ratios.append(statistics.median(times) / limit)
        spread = f"{min(times) * 1000:.1f}-{max(times) * 1000:.1f}"
        median = f"{statistics.median(times) * 1000:.1f}"
        table.add_row(
            str(groups), f"{limit * 1000:.0f}", median, spread, f"{ratios[-1]:.3f}", f"≤ {TARGET}"
        )
    Console().print(table)
    return int(max(ratios) > TARGET)


if __name__ == "__main__":
    raise SystemExit(printing(main))
