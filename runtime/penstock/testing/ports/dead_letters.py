"""Conformance of dead letters: looked at, given back, sent back and renewed without a loss."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from penstock.testing.ports.queues import OpenQueue, Queue, bodies


class DeadLettersConformance:
    """DeadLetters beside their queue keep these promises; override `open_queue`."""

    @pytest.fixture
    def open_queue(self) -> OpenQueue:
        """How an empty queue is made."""
        raise NotImplementedError("override the fixture open_queue")

    @pytest.fixture
    async def queue(self, open_queue: OpenQueue) -> Queue:
        """A queue whose messages stay away for longer than a test takes."""
        return await open_queue(60)

    async def test_a_look_at_a_group_hides_it_until_it_is_given_back(self, queue: Queue) -> None:
        """
        What was received and is given back is there for the next look, in its order.
        """
        await _three(queue)
        held = await queue.dead()

        assert [] == bodies(await queue.dead_letters.receive(10, 0))
        await queue.dead_letters.give_back(held)
        assert ["1", "2", "3"] == bodies(await queue.dead())

    async def test_a_message_that_was_sent_back_is_as_it_was(self, queue: Queue) -> None:
        """
        Body, group and its own attributes: what the dead-letter queue added is gone. One says that
        it was sent back.
        """
        await queue.send("1", group="pay-1", attributes={"type": "a"})
        await queue.park(1)
        [letter] = await queue.dead()

        await queue.dead_letters.send_back(letter)

        [message] = await queue.take(1)
        assert ("1", "pay-1") == (message.body, message.group)
        assert {"type": "a", "redriven": "true"} == message.attributes

    async def test_a_crash_between_sending_back_and_delete_sends_it_back_once(
        self, queue: Queue
    ) -> None:
        """
        The copy's dedup id is the dead letter's own id.
        """
        await queue.send("1")
        await queue.park(1)
        held = await queue.dead()
        await queue.dead_letters.send_back(held[0])
        await queue.dead_letters.give_back(held)
        [again] = await queue.dead()

        await queue.dead_letters.send_back(again)

        assert ["1"] == bodies(await queue.take(10))

    async def test_a_renewed_letter_keeps_what_it_had_and_since_when(self, queue: Queue) -> None:
        """
        Renewed twice, a letter has its reason, its attempts and the time of the first parking.
        """
        first = datetime(2026, 11, 2, 12, tzinfo=UTC)
        await queue.send("1", group="pay-1", attributes={"type": "a"})
        await queue.park(1, "no JSON")
        for _ in range(2):
            [letter] = await queue.dead()
            await queue.dead_letters.renew(letter, first)
            await queue.dead_letters.delete(letter)

        [renewed] = await queue.dead()

        assert ("1", "pay-1") == (renewed.body, renewed.group)
        assert {
            "type": "a",
            "reason": "no JSON",
            "attempts": "1",
            "first_parked_at": first.isoformat(),
        } == renewed.attributes

    async def test_a_crash_between_renewal_and_delete_keeps_one_copy(self, queue: Queue) -> None:
        """
        Renewed again after the crash, a letter is there once more, not twice.
        """
        first = datetime(2026, 11, 2, 12, tzinfo=UTC)
        await queue.send("1")
        await queue.park(1)
        held = await queue.dead()
        await queue.dead_letters.renew(held[0], first)
        await queue.dead_letters.give_back(held)
        again = await queue.dead()

        await queue.dead_letters.renew(again[0], first)
        await queue.dead_letters.delete(again[0])
        await queue.dead_letters.give_back(again[1:])

        assert ["1"] == bodies(await queue.dead())

    async def test_a_dead_letter_says_when_it_came(self, queue: Queue) -> None:
        """
        Its age is known without any attribute of ours.
        """
        await _three(queue)

        came = [letter.sent_at for letter in await queue.dead()]

        assert all(one is not None and one.tzinfo is not None for one in came)

    async def test_depth_counts_dead_letters(self, queue: Queue) -> None:
        """
        A look tells visible letters from those that another look holds.
        """
        await _three(queue)
        held = await queue.dead()

        assert {"visible": 0, "in_flight": 3} == await queue.dead_letters.depth()
        await queue.dead_letters.delete(held[0])
        await queue.dead_letters.give_back(held[1:])
        assert {"visible": 2, "in_flight": 0} == await queue.dead_letters.depth()


async def _three(queue: Queue) -> None:
    for body in ("1", "2", "3"):
        await queue.send(body)
    await queue.park(3)
