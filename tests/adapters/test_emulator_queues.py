"""SQS and SNS on the emulator sit the conformance of queues and topics."""

from __future__ import annotations

import json

import pytest

from penstock.adapters.aws import SnsChannel, SqsInbox
from penstock.testing.ports import (
    Fanout,
    InboxConformance,
    ParkingConformance,
    TopicConformance,
)

pytestmark = pytest.mark.emulator


class TestSqsInbox(InboxConformance):
    @pytest.fixture
    def open_queue(self, bench):
        return bench.queue


class TestSqsParking(ParkingConformance):
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
