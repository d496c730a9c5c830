"""receive on boto3: the same intake, another topic. What bench-coldstart divides by."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from penstock.entrypoints.functions import receive
from penstock.errors import ChannelUnavailable
from penstock.ports import Outgoing


class Boto3Topic:
    """A FIFO topic behind boto3's client."""

    def __init__(self, arn: str) -> None:
        config = Config(
            connect_timeout=1,
            read_timeout=2,
            retries={"total_max_attempts": 3, "mode": "standard"},
        )
        connect: Any = boto3.client
        self._client = connect("sns", config=config)
        self._arn = arn

    async def send(self, message: Outgoing) -> None:
        """Publish."""
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


@cache
def _intake() -> receive.Intake:
    return receive.build(os.environ, receive.PACKAGE, Boto3Topic)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one webhook."""
    return _intake()(event)
