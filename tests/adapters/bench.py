"""An AWS account in which a test makes its queues, topics and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.dead_letters import SqsDeadLetters
from penstock.adapters.aws.inbox import SqsInbox
from penstock.adapters.aws.sqs import SqsChannel
from penstock.testing.ports import Queue


class PointedSession(boto3.Session):
    """A session whose clients talk to one address, with keys that open nothing."""

    def __init__(self, url: str, region: str) -> None:
        super().__init__("test", "test", region_name=region)
        self._url = url

    def client(self, service_name: str, **arguments: Any) -> Any:  # type: ignore[override]
        """A client for that address."""
        return super().client(service_name, endpoint_url=self._url, **arguments)


@dataclass(frozen=True)
class Bench:
    """Makes things under names of this test's own."""

    clients: Clients
    number: int

    def name(self, stem: str) -> str:
        """A name no other test has."""
        return f"{stem}-{self.number}"

    async def queue(self, visibility: int, *, stem: str = "queue") -> Queue:
        """A queue as the stack makes them, with its dead-letter queue."""
        dead = await self.fifo(f"{stem}-dlq", 30)
        url = await self.fifo(stem, visibility)
        return Queue(
            SqsChannel(self.clients, url),
            SqsInbox(self.clients, url, dead),
            SqsDeadLetters(self.clients, dead, url),
        )

    async def fifo(self, stem: str, visibility: int) -> str:
        """The address of a new FIFO queue."""
        answer = await self.clients.call(
            "sqs",
            "create_queue",
            QueueName=f"{self.name(stem)}.fifo",
            Attributes={
                "FifoQueue": "true",
                "VisibilityTimeout": str(visibility),
                "DeduplicationScope": "messageGroup",
                "FifoThroughputLimit": "perMessageGroupId",
            },
        )
        return str(answer["QueueUrl"])

    async def table(self) -> str:
        """The name of a new table with the ledger's keys and indexes."""
        name = self.name("ledger")
        await self.clients.call("dynamodb", "create_table", **table(name))
        return name


LOOK_UPS = ("reference", "subscription", "day")


def table(name: str) -> Mapping[str, Any]:
    """The ledger's table: pk and sk, and its indexes."""
    keys = ("pk", "sk", "due_pk", "due_at", "events_pk", "events_sk", *LOOK_UPS, "created_at")
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": k, "AttributeType": "S"} for k in keys],
        "KeySchema": _keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "due",
                "KeySchema": _keys("due_pk", "due_at"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "events",
                "KeySchema": _keys("events_pk", "events_sk"),
                "Projection": {"ProjectionType": "ALL"},
            },
            *(
                {
                    "IndexName": f"by_{key}",
                    "KeySchema": _keys(key, "created_at"),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
                for key in LOOK_UPS
            ),
        ],
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
