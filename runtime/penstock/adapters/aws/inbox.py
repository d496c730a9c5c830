"""A FIFO queue on SQS, as its consumer sees it."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from penstock.adapters.aws.clients import LONGEST_POLL, Clients
from penstock.adapters.aws.messages import message_from_record, parked_attributes, read_message
from penstock.adapters.aws.sending import send_copy, unavailable
from penstock.api.context import AwsError
from penstock.errors import ChannelUnavailable
from penstock.ports import Message

__all__ = ["SqsInbox", "message_from_record"]

BATCH = 10
LONGEST_DELAY = 12 * 3600 - 15 * 60
"""Seconds: SQS counts its 12 hours from the receipt, which is as old as a function can be."""


PORTION = 3
"""
Seconds of a long poll that are asked for at once. A poll that is given up goes on in its thread
until its answer, and its process as long: shorter costs requests, longer keeps who waits for the
end (USD 0.4 a queue and month, against 0.06 with 20 seconds).
"""


@dataclass(slots=True)
class _Poll:
    """One receive, as its thread and the loop see it."""

    given_up: threading.Event = field(default_factory=threading.Event)
    receipts: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class SqsInbox:
    """One queue and its dead-letter queue; a terminal queue has none."""

    clients: Clients
    queue_url: str
    dlq_url: str | None = None

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """
        Up to `limit` messages (at most 10), waiting up to `wait` seconds (at most 20).

        Raises:
            ChannelUnavailable: the queue gave no answer.
        """
        poll = _Poll()
        arguments = {
            "QueueUrl": self.queue_url,
            "MaxNumberOfMessages": min(limit, BATCH),
            "MessageSystemAttributeNames": [
                "ApproximateReceiveCount",
                "MessageGroupId",
                "SentTimestamp",
            ],
            "MessageAttributeNames": ["All"],
        }
        try:
            with unavailable("receive"):
                raw = await self.clients.poll(lambda: self._poll(arguments, wait, poll))
        except asyncio.CancelledError:
            # It may be asking in its thread still, or just have been answered: either way what it
            # gets must not stay away for long.
            poll.given_up.set()
            if poll.receipts:
                with suppress(ChannelUnavailable):
                    await self._change(poll.receipts, 0)
            raise
        return [read_message(one) for one in raw["Messages"]]

    async def delete(self, message: Message) -> None:
        """
        Forget a message that is done; a stale receipt changes nothing.

        Raises:
            ChannelUnavailable: the queue gave no answer.
        """
        with unavailable("delete"):
            try:
                await self.clients.call(
                    "sqs",
                    "delete_message",
                    QueueUrl=self.queue_url,
                    ReceiptHandle=message.receipt,
                )
            except AwsError as exc:
                if not _stale(exc.code):
                    raise

    async def postpone(self, messages: Sequence[Message], delay: float) -> None:
        """
        Have messages come back after `delay` seconds, rounded up; stale receipts are left alone.

        Raises:
            ChannelUnavailable: some could not be changed, in two tries; they come back after the
                queue's own visibility timeout.
        """
        receipts = [message.receipt for message in messages]
        for start in range(0, len(receipts), BATCH):
            batch = receipts[start : start + BATCH]
            failed = await self._change(batch, delay)
            if failed and await self._change(failed, delay):
                raise ChannelUnavailable(f"postpone: {len(failed)} of {len(batch)} not changed")

    async def park(self, message: Message, reason: str) -> None:
        """
        Copy a message to the dead-letter queue with the reason; its dedup id is the message's id.

        Raises:
            ChannelUnavailable: the dead-letter queue did not take it.
        """
        if self.dlq_url is None:
            raise ValueError("this queue has no dead-letter queue")
        with unavailable("park"):
            await send_copy(
                self.clients, self.dlq_url, message, parked_attributes(message, reason)
            )

    async def depth(self) -> Mapping[str, int]:
        """
        How many messages are `visible` and how many `in_flight`, approximately.

        Raises:
            ChannelUnavailable: the queue gave no answer.
        """
        counts = {
            "visible": "ApproximateNumberOfMessages",
            "in_flight": "ApproximateNumberOfMessagesNotVisible",
        }
        with unavailable("depth"):
            answer = await self.clients.call(
                "sqs",
                "get_queue_attributes",
                QueueUrl=self.queue_url,
                AttributeNames=list(counts.values()),
            )
        return {label: int(answer["Attributes"][count]) for label, count in counts.items()}

    def _poll(self, arguments: Mapping[str, Any], wait: float, poll: _Poll) -> Mapping[str, Any]:
        messages: list[Any] = []
        for seconds in portions(wait):
            asked = {**arguments, "WaitTimeSeconds": seconds}
            answer = self.clients.call_now("sqs", "receive_message", asked, patient=True)
            messages = answer.get("Messages", [])
            if messages or poll.given_up.is_set():
                break
        poll.receipts = [str(one["ReceiptHandle"]) for one in messages]
        if poll.receipts and poll.given_up.is_set():
            self.clients.call_now(
                "sqs", "change_message_visibility_batch", self._visibility(poll.receipts, 0)
            )
        return {"Messages": messages}

    async def _change(self, receipts: Sequence[str], delay: float) -> list[str]:
        """Change the visibility of messages. Returns those that may succeed at another try."""
        with unavailable("postpone"):
            answer = await self.clients.call(
                "sqs", "change_message_visibility_batch", **self._visibility(receipts, delay)
            )
        failed = cast("list[Mapping[str, Any]]", answer.get("Failed", []))
        return [receipts[int(entry["Id"])] for entry in failed if not _stale(entry["Code"])]

    def _visibility(self, receipts: Sequence[str], delay: float) -> dict[str, Any]:
        seconds = min(math.ceil(max(delay, 0.0)), LONGEST_DELAY)
        return {
            "QueueUrl": self.queue_url,
            "Entries": [
                {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for place, receipt in enumerate(receipts)
            ],
        }


def portions(wait: float) -> list[int]:
    """A wait as the waits that are asked for, one after the other."""
    whole, rest = divmod(min(int(wait), LONGEST_POLL), PORTION)
    return [*[PORTION] * whole, *([rest] if rest or not whole else [])]


# With and without the prefix that SQS's older protocol gives them.
_STALE = ("ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue")


def _stale(code: str) -> bool:
    """Whether an error says that the message was handed out again, or is gone."""
    return code.rpartition(".")[2] in _STALE
