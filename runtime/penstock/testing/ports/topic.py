"""Conformance of a FIFO topic: every subscribed queue gets what its filter lets through."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from penstock.ports import Channel, Inbox, Outgoing
from penstock.testing.ports.queues import WAIT, bodies


@dataclass(frozen=True, slots=True)
class Fanout:
    """
    A topic with two empty queues.

    Attributes:
        all: a queue subscribed to everything.
        wanted: a queue subscribed to the type "wanted" only.
    """

    channel: Channel
    all: Inbox
    wanted: Inbox

    async def send(self, body: str, type: str = "wanted", dedup: str | None = None) -> None:
        """Send a message of that type."""
        await self.channel.send(Outgoing(body, "pay-1", dedup or body, {"type": type}))


class TopicConformance:
    """A Channel over a topic keeps these promises; override `fanout`."""

    @pytest.fixture
    async def fanout(self) -> Fanout:
        """A topic and its queues."""
        raise NotImplementedError("override the fixture fanout")

    async def test_every_queue_gets_it_as_it_was_sent(self, fanout: Fanout) -> None:
        """
        Body, group and attributes reach each queue.
        """
        await fanout.send("body")

        for inbox in (fanout.all, fanout.wanted):
            [message] = await inbox.receive(10, WAIT)
            assert ("body", "pay-1") == (message.body, message.group)
            assert {"type": "wanted"} == message.attributes

    async def test_a_filter_keeps_other_types_away(self, fanout: Fanout) -> None:
        """
        A queue gets the types it asked for, in order.
        """
        for body, kind in (("1", "wanted"), ("2", "other"), ("3", "wanted")):
            await fanout.send(body, kind)

        assert ["1", "2", "3"] == bodies(await fanout.all.receive(10, WAIT))
        assert ["1", "3"] == bodies(await fanout.wanted.receive(10, WAIT))

    async def test_a_repeated_dedup_id_is_dropped(self, fanout: Fanout) -> None:
        """
        The same event published twice reaches a queue once.
        """
        await fanout.send("first", dedup="event-1")
        await fanout.send("second", dedup="event-1")

        assert ["first"] == bodies(await fanout.all.receive(10, WAIT))
