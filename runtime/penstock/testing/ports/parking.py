"""Conformance of dead-lettering: what is parked is kept, with its reason, however often."""

from __future__ import annotations

import pytest

from penstock.testing.ports.queues import OpenQueue, Queue, bodies


class ParkingConformance:
    """An Inbox with a dead-letter queue keeps these promises; override `open_queue`."""

    @pytest.fixture
    def open_queue(self) -> OpenQueue:
        """How an empty queue is made."""
        raise NotImplementedError("override the fixture open_queue")

    @pytest.fixture
    async def queue(self, open_queue: OpenQueue) -> Queue:
        """A queue whose messages stay away for longer than a test takes."""
        return await open_queue(60)

    async def test_a_parked_message_keeps_all_it_had(self, queue: Queue) -> None:
        """
        The copy has body, group and attributes, and says why it is there, after how many tries.
        """
        await queue.send("poison", group="pay-1", attributes={"type": "a"})
        [message] = await queue.take(1)
        await queue.inbox.park(message, "MalformedMessage: no JSON")

        [parked] = await queue.dead()

        assert ("poison", "pay-1") == (parked.body, parked.group)
        assert {
            "type": "a",
            "reason": "MalformedMessage: no JSON",
            "attempts": "1",
        } == parked.attributes

    async def test_followers_go_on_once_the_poison_is_gone(self, queue: Queue) -> None:
        """
        Parked and deleted is done: the next of the group is handed out.
        """
        await queue.send("poison")
        await queue.send("good")
        [message] = await queue.take(1)
        await queue.inbox.park(message, "because")

        assert [] == bodies(await queue.inbox.receive(10, 0))
        await queue.inbox.delete(message)
        assert ["good"] == bodies(await queue.take(10))

    async def test_a_crash_before_the_delete_parks_it_once(self, queue: Queue) -> None:
        """
        Parked again after a crash, a message is in the dead-letter queue once.
        """
        await queue.send("poison")
        [message] = await queue.take(1)
        await queue.inbox.park(message, "because")
        await queue.inbox.postpone([message], 0)
        [again] = await queue.take(1)

        await queue.inbox.park(again, "because")

        assert ["poison"] == bodies(await queue.dead())

    async def test_a_redriven_message_can_be_parked_again(self, queue: Queue) -> None:
        """
        Parked, redriven and parked again within the dedup window: it is still there.
        """
        await queue.send("poison", dedup="the-message's-own-id")
        for reason in ("first", "second", "third"):
            [message] = await queue.take(1)
            await queue.inbox.park(message, reason)
            await queue.inbox.delete(message)
            [parked] = await queue.dead()

            assert reason == parked.attributes["reason"]
            await queue.dead_letters.send_back(parked)
            await queue.dead_letters.delete(parked)

        assert ["poison"] == bodies(await queue.take(1))

    @pytest.mark.parametrize("reason", ["", "\x00\x1b\ud800\uffff", "long " * 1000, "a\nb\t\r"])
    async def test_no_reason_keeps_a_message_from_being_parked(
        self, queue: Queue, reason: str
    ) -> None:
        """
        Whatever the reason holds, the message gets there.
        """
        await queue.send("poison")
        [message] = await queue.take(1)

        await queue.inbox.park(message, reason)

        assert ["poison"] == bodies(await queue.dead())
