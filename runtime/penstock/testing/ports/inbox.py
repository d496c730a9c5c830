"""Conformance of a FIFO queue: order within a group, one batch of a group at a time."""

from __future__ import annotations

import asyncio

import pytest

from penstock.ports import Outgoing
from penstock.testing.ports.queues import WAIT, OpenQueue, Queue, bodies

__all__ = ["InboxConformance", "OpenQueue", "Queue"]


class InboxConformance:
    """A Channel and an Inbox over one queue keep these promises; override `open_queue`."""

    @pytest.fixture
    def open_queue(self) -> OpenQueue:
        """How an empty queue is made."""
        raise NotImplementedError("override the fixture open_queue")

    @pytest.fixture
    async def queue(self, open_queue: OpenQueue) -> Queue:
        """A queue whose messages stay away for longer than a test takes."""
        return await open_queue(60)

    async def test_what_was_sent_arrives_whole(self, queue: Queue) -> None:
        """
        Body, group and attributes arrive as they were sent, on the first receipt.
        """
        body = '{"name": "Zoë \N{GRINNING FACE}", "text": "line\\nline"}' + "x" * 200_000
        await queue.send(body, group="pay-1", dedup="d", attributes={"type": "a", "gateway": "b"})

        [message] = await queue.take(1)

        assert body == message.body
        assert "pay-1" == message.group
        assert {"type": "a", "gateway": "b"} == message.attributes
        assert 1 == message.receives

    async def test_an_empty_queue_gives_nothing(self, queue: Queue) -> None:
        """
        Receiving from an empty queue is no error.
        """
        assert [] == bodies(await queue.inbox.receive(10, 0))

    async def test_a_waiting_receive_gets_what_is_sent_meanwhile(self, queue: Queue) -> None:
        """
        A message sent during the wait ends the wait.
        """
        waiting = asyncio.create_task(queue.inbox.receive(1, WAIT))
        await queue.send("late")

        assert ["late"] == bodies(await waiting)

    async def test_a_receive_takes_no_more_than_its_limit(self, queue: Queue) -> None:
        """
        The limit holds, and what was left is there for the next receive.
        """
        for place in range(5):
            await queue.send(str(place), group=f"g{place}")

        first, second = await queue.take(2), await queue.take(3)

        assert ["0", "1"] == bodies(first)
        assert ["2", "3", "4"] == bodies(second)

    async def test_ten_messages_at_most_are_handed_out_at_once(self, queue: Queue) -> None:
        """
        A greater limit means ten, as SQS has it.
        """
        for place in range(11):
            await queue.send(str(place))

        assert 10 == len(await queue.take(100))

    async def test_a_group_keeps_its_order(self, queue: Queue) -> None:
        """
        Messages of a group come in the order they were sent.
        """
        for body in ("1", "2", "3"):
            await queue.send(body)

        assert ["1", "2", "3"] == bodies(await queue.take(10))

    async def test_a_group_waits_while_one_of_it_is_in_flight(self, queue: Queue) -> None:
        """
        Nothing of a group is handed out while a consumer holds some of it; other groups go on.
        """
        await queue.send("a1", group="a")
        await queue.send("a2", group="a")
        [head] = await queue.take(1)
        await queue.send("b1", group="b")

        assert ["b1"] == bodies(await queue.inbox.receive(10, 0))
        await queue.inbox.delete(head)
        assert ["a2"] == bodies(await queue.take(10))

    async def test_what_was_not_deleted_comes_back_in_order(self, open_queue: OpenQueue) -> None:
        """
        After the visibility timeout a batch is handed out again, in order and counted.
        """
        queue = await open_queue(1)
        for body in ("1", "2", "3"):
            await queue.send(body)
        await queue.take(3)

        again = await queue.take(3)

        assert ["1", "2", "3"] == bodies(again)
        assert [2, 2, 2] == [message.receives for message in again]

    async def test_all_of_a_batch_can_be_postponed(self, queue: Queue) -> None:
        """
        Postponed messages stay away, then come back in order, long before the queue's timeout.
        """
        for body in ("1", "2", "3"):
            await queue.send(body)
        batch = await queue.take(3)
        # Longer than a busy machine takes for the next call.
        await queue.inbox.postpone(batch, 3)

        assert [] == bodies(await queue.inbox.receive(10, 0))
        assert ["1", "2", "3"] == bodies(await queue.take(3))

    async def test_more_than_ten_can_be_postponed_at_once(self, queue: Queue) -> None:
        """
        The batch limit of the queue's API is no limit of ours.
        """
        for place in range(12):
            await queue.send(str(place), group=f"g{place}")
        batch = [*await queue.take(10), *await queue.take(2)]

        await queue.inbox.postpone(batch, 0)

        assert {"visible": 12, "in_flight": 0} == await queue.inbox.depth()

    async def test_no_delay_brings_them_back_at_once(self, queue: Queue) -> None:
        """
        Postponed by nothing is handed out again at once.
        """
        await queue.send("1")
        await queue.inbox.postpone(await queue.take(1), 0)

        assert ["1"] == bodies(await queue.take(1))

    async def test_a_group_is_back_only_when_all_of_it_is(self, queue: Queue) -> None:
        """
        Postponing the first of a batch alone leaves the group blocked by the others.
        """
        await queue.send("1")
        await queue.send("2")
        head, follower = await queue.take(2)
        await queue.inbox.postpone([head], 0)

        assert [] == bodies(await queue.inbox.receive(10, 0))
        await queue.inbox.postpone([follower], 0)
        assert ["1", "2"] == bodies(await queue.take(2))

    async def test_a_stale_receipt_deletes_nothing(self, queue: Queue) -> None:
        """
        A consumer that was too slow cannot delete what another one holds by now.
        """
        await queue.send("1")
        [slow] = await queue.take(1)
        await queue.inbox.postpone([slow], 0)
        [held] = await queue.take(1)

        await queue.inbox.delete(slow)

        assert {"visible": 0, "in_flight": 1} == await queue.inbox.depth()
        await queue.inbox.delete(held)
        assert {"visible": 0, "in_flight": 0} == await queue.inbox.depth()

    async def test_a_deleted_message_can_be_named_again(self, queue: Queue) -> None:
        """
        Deleting or postponing what is gone is no error, and spares none of the others.
        """
        await queue.send("1", group="a")
        await queue.send("2", group="b")
        gone, kept = await queue.take(2)
        await queue.inbox.delete(gone)

        await queue.inbox.delete(gone)
        await queue.inbox.postpone([gone, kept], 0)

        assert ["2"] == bodies(await queue.take(10))

    async def test_a_repeated_dedup_id_is_dropped(self, queue: Queue) -> None:
        """
        The same dedup id within five minutes is taken and dropped, also once the first is gone.
        """
        await queue.send("1", dedup="same")
        [message] = await queue.take(1)
        await queue.inbox.delete(message)

        await queue.send("2", dedup="same")

        assert {"visible": 0, "in_flight": 0} == await queue.inbox.depth()

    async def test_depth_counts_what_waits_and_what_is_out(self, queue: Queue) -> None:
        """
        Depth tells visible messages from those in flight.
        """
        await queue.send("1", group="a")
        await queue.send("2", group="b")
        await queue.send("3", group="c")
        await queue.take(1)

        assert {"visible": 2, "in_flight": 1} == await queue.inbox.depth()

    async def test_a_fourth_attribute_is_an_error_of_ours(self, queue: Queue) -> None:
        """
        More attributes than a topic delivers are refused before they could be lost.
        """
        message = Outgoing("body", "g", "d", {"a": "1", "b": "2", "c": "3", "d": "4"})

        with pytest.raises(ValueError, match="at most 3"):
            await queue.channel.send(message)

    async def test_any_entity_can_be_a_group(self, queue: Queue) -> None:
        """
        A group or dedup id that the queue would not take still keeps the group's order.
        """
        odd = "päy \N{GRINNING FACE} " * 40
        await queue.send("1", group=odd, dedup=odd + "1")
        await queue.send("2", group=odd, dedup=odd + "2")

        assert ["1"] == bodies(await queue.take(1))
        assert [] == bodies(await queue.inbox.receive(1, 0))
