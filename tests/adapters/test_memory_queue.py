"""What a queue in memory promises about time, which the test owns."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from penstock.adapters.memory import MemoryQueue, MemoryTopic
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from penstock.testing.ports.queues import bodies


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def dead(clock) -> MemoryQueue:
    return MemoryQueue(clock)


@pytest.fixture
def queue(clock, dead) -> MemoryQueue:
    return MemoryQueue(clock, visibility=timedelta(seconds=30), dead_letters=dead, max_receives=2)


async def test_a_sent_message_ends_the_wait_at_once(queue, clock):
    """
    A waiting consumer gets a new message without any time passing.
    """
    waiting = asyncio.create_task(queue.receive(1, 20))
    await clock.asleep()

    await queue.send(Outgoing("late", "g", "d"))

    assert ["late"] == bodies(await waiting)


async def test_a_receive_waits_no_longer_than_it_was_told(queue, clock):
    """
    When the wait is over and nothing came, the answer is empty.
    """
    waiting = asyncio.create_task(queue.receive(1, 20))
    await clock.asleep()

    clock.advance(20)

    assert [] == bodies(await waiting)


async def test_a_waiting_consumer_gets_what_comes_back(queue, clock):
    """
    The end of a visibility timeout ends the wait of whoever waits.
    """
    await queue.send(Outgoing("1", "g", "d"))
    await queue.receive(1, 0)
    waiting = asyncio.create_task(queue.receive(1, 60))
    await clock.asleep()

    clock.advance(30)

    assert ["1"] == bodies(await waiting)


async def test_one_of_two_waiting_consumers_gets_it(queue, clock):
    """
    A message is handed to one of those who wait; the other goes on waiting.
    """
    waiting = [asyncio.create_task(queue.receive(1, 20)) for _ in range(2)]
    await clock.asleep(2)

    await queue.send(Outgoing("1", "g", "d"))
    done, still = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await clock.asleep()
    clock.advance(20)

    assert ["1"] == bodies(done.pop().result())
    assert [] == bodies(await still.pop())


async def test_a_receipt_is_stale_once_its_time_is_over(queue, clock):
    """
    After the visibility timeout a consumer can neither delete nor postpone any more.
    """
    await queue.send(Outgoing("1", "g", "d"))
    [slow] = await queue.receive(1, 0)
    clock.advance(30)

    await queue.delete(slow)
    await queue.postpone([slow], 100)

    assert ["1"] == bodies(await queue.receive(1, 0))


async def test_a_dedup_id_is_good_again_after_five_minutes(queue, clock):
    """
    The window lasts five minutes, not longer.
    """
    await queue.send(Outgoing("1", "g", "d"))
    clock.advance(299)
    await queue.send(Outgoing("2", "g", "d"))
    clock.advance(1)
    await queue.send(Outgoing("3", "g", "d"))

    assert ["1", "3"] == bodies(await queue.receive(10, 0))


async def test_the_receive_count_is_the_net_for_crashes(queue, dead, clock):
    """
    A message handed out as often as allowed goes to the dead-letter queue, and its followers on.
    """
    await queue.send(Outgoing("poison", "g", "1", {"type": "a"}))
    await queue.send(Outgoing("good", "g", "2"))
    for _ in range(2):
        await queue.receive(1, 0)
        clock.advance(30)

    assert ["good"] == bodies(await queue.receive(1, 0))
    [moved] = await dead.receive(1, 0)
    assert ("poison", "g", {"type": "a"}) == (moved.body, moved.group, moved.attributes)


async def test_a_queue_without_dead_letters_says_so(dead):
    """
    Parking on a terminal queue is an error of ours, not a lost message.
    """
    await dead.send(Outgoing("1", "g", "d"))
    [message] = await dead.receive(1, 0)

    with pytest.raises(ValueError, match="no dead-letter queue"):
        await dead.park(message, "because")


class Kept:
    """A channel that keeps what it is sent, repeats too."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    async def send(self, message: Outgoing) -> None:
        self.bodies.append(message.body)


async def test_a_topic_forgets_a_dedup_id_after_five_minutes(clock):
    """
    The topic itself drops a repeat, whatever its queues would do, and no longer than SNS does.
    """
    topic, kept = MemoryTopic(clock), Kept()
    topic.subscribe(kept)
    for body, seconds in (("1", 299), ("2", 1), ("3", 0)):
        await topic.send(Outgoing(body, "g", "d"))
        clock.advance(seconds)

    assert ["1", "3"] == kept.bodies


@pytest.mark.parametrize("out", [False, True], ids=["waits", "handed out"])
async def test_a_message_that_is_too_old_is_forgotten(clock, out):
    """
    SQS forgets a message after its retention, whoever holds it; a younger one of its group stays.
    """
    queue = MemoryQueue(clock, kept_for=timedelta(days=14))
    await queue.send(Outgoing("old", "g", "1"))
    clock.advance(86_400)
    await queue.send(Outgoing("young", "g", "2"))
    clock.advance(13 * 86_400 - 1)
    if out:
        await queue.receive(1, 0)

    clock.advance(2)

    assert 1 == sum((await queue.depth()).values())
    assert ["young"] == bodies(await queue.receive(10, 0))
