"""The deliveries topic of the function somebody waits for while it starts: no loop, no pool."""

from __future__ import annotations

from typing import Any, Protocol

from penstock.errors import ChannelUnavailable
from penstock.ports import Outgoing


class Publishes(Protocol):
    """What is used of boto3's client for SNS."""

    def publish(self, **arguments: Any) -> Any:
        """Publish one message."""
        ...


class BlockingTopic:
    """A FIFO topic that is published to while everything else waits."""

    def __init__(self, client: Publishes, arn: str) -> None:
        self._client = client
        self._arn = arn

    @classmethod
    def connect(cls, arn: str) -> BlockingTopic:
        """A topic in the environment's own region, with the environment's own credentials."""
        import boto3
        from botocore.config import Config

        # All attempts together end before API Gateway and the function (10 s) do.
        config = Config(
            connect_timeout=1,
            read_timeout=2,
            retries={"total_max_attempts": 3, "mode": "standard"},
        )
        connect: Any = boto3.client
        return cls(connect("sns", config=config), arn)

    async def send(self, message: Outgoing) -> None:
        """
        Publish; once this returns, SNS keeps it.

        Raises:
            ChannelUnavailable: it was not taken, or we do not know.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.publish(
                TopicArn=self._arn,
                Message=message.body,
                MessageGroupId=message.group,
                MessageDeduplicationId=message.dedup,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in message.attributes.items()
                },
            )
        except (BotoCoreError, ClientError) as exc:
            raise ChannelUnavailable(f"the topic took nothing: {type(exc).__name__}") from exc
