"""SQS and SNS on the emulator sit the conformance of queues and topics."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from local.emulator import REGION
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.inbox import SqsInbox
from penstock.adapters.aws.sns import SnsChannel
from penstock.testing.ports import (
    DeadLettersConformance,
    Fanout,
    InboxConformance,
    ParkingConformance,
    TopicConformance,
)
from penstock.testing.ports.queues import bodies
from tests.adapters.bench import PointedSession

pytestmark = pytest.mark.emulator


class TestSqsInbox(InboxConformance):
    @pytest.fixture
    def open_queue(self, bench):
        return bench.queue


class TestSqsParking(ParkingConformance):
    @pytest.fixture
    def open_queue(self, bench):
        return bench.queue


class TestSqsDeadLetters(DeadLettersConformance):
    @pytest.fixture
    def open_queue(self, bench):
        return bench.queue


class TestSnsTopic(TopicConformance):
    @pytest.fixture
    async def fanout(self, bench):
        answer = await bench.clients.call(
            "sns",
            "create_topic",
            Name=f"{bench.name('events')}.fifo",
            Attributes={"FifoTopic": "true", "FifoThroughputScope": "MessageGroup"},
        )
        topic = answer["TopicArn"]
        return Fanout(
            SnsChannel(bench.clients, topic),
            await _subscribed(bench, topic, "all", {}),
            await _subscribed(
                bench, topic, "wanted", {"FilterPolicy": json.dumps({"type": ["wanted"]})}
            ),
        )


async def _subscribed(bench, topic, stem, attributes):
    url = await bench.fifo(stem, 30)
    described = await bench.clients.call(
        "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"]
    )
    await bench.clients.call(
        "sns",
        "subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=described["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true", **attributes},
    )
    return SqsInbox(bench.clients, url)


class Watched(Clients):
    """Clients that tell when a poll began and when something was given back."""

    def __init__(self, url: str) -> None:
        super().__init__(session=PointedSession(url, REGION))
        self.polling = threading.Event()
        self.gave_back = threading.Event()

    def call_now(self, service, operation, arguments, *, patient=False):
        if patient:
            self.polling.set()
        answer = super().call_now(service, operation, arguments, patient=patient)
        if operation == "change_message_visibility_batch":
            self.gave_back.set()
        return answer


async def test_a_cancelled_poll_gives_back_what_it_still_gets(bench, emulator):
    """
    A consumer that stops while it waits keeps no message away from the others.
    """
    queue = await bench.queue(60)
    watched = Watched(emulator.url)
    poll = asyncio.create_task(SqsInbox(watched, queue.inbox.queue_url).receive(1, 10))
    await asyncio.to_thread(watched.polling.wait, 10)
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll
    await queue.send("1")

    assert await asyncio.to_thread(watched.gave_back.wait, 10)
    assert ["1"] == bodies(await queue.inbox.receive(1, 0))
    watched.close()
