"""A FIFO topic on SNS, as a sender sees it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.sending import arguments, unavailable
from penstock.ports import Outgoing


@dataclass(frozen=True, slots=True)
class SnsChannel:
    """One topic. Sends one by one: of a batch, SNS may take the second and not the first."""

    clients: Clients
    topic_arn: str

    async def send(self, message: Outgoing) -> None:
        """
        Publish durably.

        Raises:
            ChannelUnavailable: it was not taken, or the answer was lost.
        """
        with unavailable("publish"):
            await self.clients.call(
                "sns",
                "publish",
                TopicArn=self.topic_arn,
                Message=message.body,
                **arguments(message),
            )
