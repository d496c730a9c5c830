"""The consumers of `penstock serve`: side by side, in order, and to the end of what began."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from penstock.domain import rules
from penstock.domain.delivery import Notification
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.serve.consume import (
    Consumer,
    consumers,
    gaps,
    sweep,
    unless,
)
from penstock.errors import ChannelUnavailable, SinkUnavailable
from penstock.pipeline.batch import Backoff, Batch, Handled
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message, Outgoing, by_group
from penstock.testing.clock import FrozenClock
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.listing import Listing, at, made


@dataclass
class Work:
    """A stage that the test opens and closes, group by group."""

    gates: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    begun: list[str] = field(default_factory=list[str])
    done: list[str] = field(default_factory=list[str])
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    fail: bool = False

    async def __call__(self, message: Message) -> Handled:
        self.begun.append(message.body)
        self._move()
        if self.fail:
            raise SinkUnavailable("not now", retry_after=30)
        if message.group in self.gates:
            await self.gates[message.group].wait()
        self.done.append(message.body)
        self._move()
        return Handled(message.group, "done")

    def _move(self) -> None:
        self.moved.set()
        self.moved = asyncio.Event()

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not reached():
                await self.moved.wait()


@pytest.fixture
def stand() -> Stand:
    return Stand()


@asynccontextmanager
async def consuming(stand: Stand, work: Work) -> AsyncIterator[asyncio.Event]:
    """A consumer of the payments queue whose stage is the test's; ends when the test does."""
    stop = asyncio.Event()
    inbox = stand.world.queues["payments"]
    batch = Batch("test", work, inbox, stand.clock, Backoff(2, 900), item_timeout=20)
    task = asyncio.create_task(Consumer(batch, 10, stop).run())
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(60):
            await task


async def send(stand: Stand, group: str, body: str) -> None:
    await stand.world.queues["payments"].send(Outgoing(body, group=group, dedup=body))


async def waiting(stand: Stand) -> int:
    depth = await stand.world.queues["payments"].depth()
    return sum(depth.values())


async def test_a_slow_group_holds_up_no_other_and_what_is_done_is_deleted(stand: Stand):
    work = Work(gates={"slow": asyncio.Event()})
    await send(stand, "slow", "s1")
    async with consuming(stand, work):
        await work.until(lambda: work.begun == ["s1"])
        for body in ("a1", "b1", "a2"):
            await send(stand, body[0], body)
        await work.until(lambda: len(work.done) == 3)

        assert ["a1", "a2"] == [body for body in work.done if body[0] == "a"]
        work.gates["slow"].set()
        await work.until(lambda: "s1" in work.done)

    assert 0 == await waiting(stand)


async def test_a_group_is_worked_on_in_order_by_one_at_a_time(stand: Stand):
    work = Work(gates={"a": asyncio.Event()})
    async with consuming(stand, work):
        for body in ("a1", "a2", "a3"):
            await send(stand, "a", body)
        await work.until(lambda: work.begun == ["a1"])
        await send(stand, "b", "b1")
        await work.until(lambda: "b1" in work.done)

        assert ["a1", "b1"] == work.begun
        work.gates["a"].set()
        await work.until(lambda: "a3" in work.done)

    assert ["a1", "a2", "a3"] == [body for body in work.done if body[0] == "a"]


async def test_what_failed_stays_on_the_queue(stand: Stand):
    work = Work(fail=True)
    async with consuming(stand, work):
        await send(stand, "a", "a1")
        await work.until(lambda: work.begun == ["a1"])

    assert 1 == await waiting(stand)


async def test_told_to_stop_it_finishes_what_began_and_begins_nothing_more(stand: Stand):
    work = Work(gates={"a": asyncio.Event()})
    await send(stand, "a", "a1")
    await send(stand, "a", "a2")
    async with consuming(stand, work) as stop:
        await work.until(lambda: work.begun == ["a1"])
        stop.set()
        work.gates["a"].set()

    assert ["a1"] == work.done
    assert {"visible": 1, "in_flight": 0} == await stand.world.queues["payments"].depth()


async def test_a_queue_that_gives_no_answer_is_asked_again_a_little_later():
    clock, asked, again = FrozenClock(), [], asyncio.Event()

    class Silent:
        async def receive(self, limit: int, wait: float) -> list[Message]:
            asked.append(limit)
            if len(asked) == 2:
                again.set()
            raise ChannelUnavailable("no answer")

    stop = asyncio.Event()
    batch = Batch("test", Work(), Silent(), clock, Backoff(2, 900), 20)  # type: ignore[arg-type]
    task = asyncio.create_task(Consumer(batch, 3, stop).run())
    await clock.asleep()
    clock.advance(2)
    await again.wait()
    stop.set()
    await task

    assert [3, 3] == asked


async def test_the_payments_queue_is_asked_for_as_many_messages_as_the_setting_says():
    stand = Stand(environ={"SQS_MAX_NUMBER_OF_MESSAGES": "4"})
    made = consumers(stand.platform, ["pager"], asyncio.Event())

    assert [("verify", 10), ("process", 10), ("charge", 4), ("deliver", 10)] == [
        (one.batch.stage, one.limit) for one in made
    ]


async def test_the_sweep_comes_every_minute(stand: Stand):
    accepted = rules.accept(
        "p-1",
        "acme",
        Order(Money(5, "JPY")),
        now=stand.clock.now(),
        new_id=stand.world.ids.new,
        due_at=stand.clock.now() + timedelta(seconds=30),
    )
    await stand.world.ledger.commit(accepted)
    stop = asyncio.Event()
    task = asyncio.create_task(sweep(stand.platform, stop))
    await stand.clock.asleep()
    at_first = await waiting(stand)
    stand.clock.advance(60)
    (message,) = await stand.world.queues["payments"].receive(1, 5)
    stop.set()
    await task

    assert (0, "p-1") == (at_first, ChargeMessage.loads(message.body).id)


async def test_gateways_lists_are_compared_every_ten_minutes(stand: Stand):
    bank = stand.acme = Listing(made=[made(1, at(minutes=1))])
    bank.clock = stand.clock
    stop = asyncio.Event()
    task = asyncio.create_task(gaps(stand.platform, stop))
    await stand.clock.asleep()
    stand.clock.advance(600)
    (message,) = await stand.world.queues["verified"].receive(1, 5)
    stop.set()
    await task

    assert "WH-1" == Notification.loads(message.body).id


def test_groups_keep_their_order():
    messages = [Message(str(n), "", group, "") for n, group in enumerate("abab")]

    assert [["0", "2"], ["1", "3"]] == [[m.id for m in group] for group in by_group(messages)]


async def test_work_is_given_up_once_told_to_stop():
    stop, given_up = asyncio.Event(), asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    task = asyncio.create_task(unless(stop, forever()))
    await asyncio.sleep(0)
    stop.set()

    assert await task is None
    assert given_up.is_set()
