"""A FIFO topic on SNS, as a sender sees it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.sending import arguments, unavailable
from penstock.ports import Outgoing


@dataclass(frozen=True, slots=True)
class SnsChannel:
    """One topic. Messages go one by one: a batch may fail its first and take its second."""

    clients: Clients
    topic_arn: str

    async def send(self, message: Outgoing) -> None:
        """
        Publish durably.

        Raises:
            ChannelUnavailable: it was not taken, or we do not know.
        """
        with unavailable("publish"):
            await self.clients.call(
                "sns",
                "publish",
                TopicArn=self.topic_arn,
                Message=message.body,
                **arguments(message),
            )
