"""A queue's dead letters on SQS: read, sent back, renewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.inbox import SqsInbox
from penstock.adapters.aws.sending import send_copy, unavailable
from penstock.domain.parked import renewed, sent_back
from penstock.ports import Message


class SqsDeadLetters:
    """
    One dead-letter queue. Every call raises ChannelUnavailable if SQS refuses or does not answer.

    Args:
        url: the dead-letter queue.
        back: the queue that its messages came from, the only one that they go back to; None for
            a host that sends none back.
    """

    def __init__(self, clients: Clients, url: str, back: str | None) -> None:
        self._clients, self._url, self._back = clients, url, back
        self._inbox = SqsInbox(clients, url)

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages (at most 10), waiting up to `wait` seconds (at most 20)."""
        return await self._inbox.receive(limit, wait)

    async def give_back(self, messages: Sequence[Message]) -> None:
        """Make received messages visible again; stale receipts are left out."""
        await self._inbox.postpone(messages, 0)

    async def send_back(self, message: Message) -> None:
        """Send a copy to the queue that the message came from; its dedup id is this one's id."""
        if self._back is None:
            raise ValueError("this host sends no dead letters back")
        with unavailable("send back"):
            await send_copy(self._clients, self._back, message, sent_back(message.attributes))

    async def renew(self, message: Message, first_parked_at: datetime) -> None:
        """Send a copy to this queue itself; its dedup id is this one's id."""
        attributes = renewed(message.attributes, first_parked_at)
        with unavailable("renew"):
            await send_copy(self._clients, self._url, message, attributes)

    async def delete(self, message: Message) -> None:
        """Forget a message; a stale receipt changes nothing."""
        await self._inbox.delete(message)

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`, approximately."""
        return await self._inbox.depth()
