"""A FIFO queue on SQS, as a sender sees it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.sending import arguments, unavailable
from penstock.ports import Outgoing


@dataclass(frozen=True, slots=True)
class SqsChannel:
    """One queue."""

    clients: Clients
    queue_url: str

    async def send(self, message: Outgoing) -> None:
        """
        Send durably.

        Raises:
            ChannelUnavailable: it was not taken, or the answer was lost.
        """
        with unavailable("send"):
            await self.clients.call(
                "sqs",
                "send_message",
                QueueUrl=self.queue_url,
                MessageBody=message.body,
                **arguments(message),
            )
