"""Messages, and the FIFO queues and topics that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime


class Written(Protocol):
    """What a stage sends to the next one; each kind reads itself with `loads`."""

    def dumps(self) -> str:
        """It as text."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """
    A message to be sent.

    Attributes:
        content: its text, or what is written as text where it leaves the process.
        group: the message group: order is kept within it.
        dedup: the deduplication id; unique in the whole queue or topic, not per group.
        attributes: at most three, as text; the filters of sinks read them.
    """

    content: str | Written = field(repr=False)
    group: str
    dedup: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def body(self) -> str:
        """Its text."""
        return self.content if isinstance(self.content, str) else self.content.dumps()


@dataclass(frozen=True, slots=True)
class Message:
    """
    A message as a queue hands it out.

    Attributes:
        id: the queue's id of this copy; the deduplication id of the message that replaces it.
        content: its text; from a queue of this process, what its sender sent.
        receipt: the handle of this receipt; stale once the message is handed out again.
        receives: how often it was handed out, this time included.
        sent_at: when the queue received this copy; None if the queue does not say.
    """

    id: str
    content: str | Written = field(repr=False)
    group: str
    receipt: str = field(repr=False)
    receives: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    sent_at: datetime | None = None

    @property
    def body(self) -> str:
        """Its text."""
        return self.content if isinstance(self.content, str) else self.content.dumps()


def by_group(messages: Iterable[Message]) -> list[list[Message]]:
    """The messages by their group, in order within it."""
    groups: dict[str, list[Message]] = {}
    for message in messages:
        groups.setdefault(message.group, []).append(message)
    return list(groups.values())


class Channel(Protocol):
    """A FIFO queue or topic as a sender sees it."""

    async def send(self, message: Outgoing) -> None:
        """
        Send durably: once this returns, the message is kept.

        Raises:
            ChannelUnavailable: the message was not taken, or the answer was lost.
        """
        ...


class Inbox(Protocol):
    """
    A FIFO queue as its consumer sees it.

    Every method raises ChannelUnavailable when the queue gives no answer.
    """

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages (at most 10), waiting up to `wait` seconds for the first."""
        ...

    async def delete(self, message: Message) -> None:
        """Delete a message that is done. A stale receipt is no error: the message comes back."""
        ...

    async def postpone(self, messages: Sequence[Message], delay: float) -> None:
        """
        Have messages come back after `delay` seconds (at most 12 hours).

        Name every received message of the group. If you name the first only, the others stay
        invisible for the queue's whole timeout and block the group.
        """
        ...

    async def park(self, message: Message, reason: str) -> None:
        """
        Copy a message to the dead-letter queue, in the same group, with the reason.

        The copy's deduplication id is this message's id: the same after a crash before the
        delete, new at each redrive. The caller deletes the original next.

        Raises:
            ChannelUnavailable: the dead-letter queue did not take it.
        """
        ...

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`, approximately."""
        ...


class DeadLetters(Protocol):
    """
    A queue whose messages no stage consumes, and the queue that they are sent back to.

    A receive hides the whole group of each message (FIFO), so give back what you do not handle.
    Every method raises ChannelUnavailable when a queue gives no answer.
    """

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        """Up to `limit` messages (at most 10), waiting up to `wait` seconds for the first."""
        ...

    async def give_back(self, messages: Sequence[Message]) -> None:
        """Make messages visible again that were received and not handled."""
        ...

    async def send_back(self, message: Message) -> None:
        """
        Send a copy to the queue that the message came from, with its group and own attributes.

        The copy's deduplication id is this message's id: the same after a crash before the
        delete, new at each redrive. The caller deletes the original next.
        """
        ...

    async def renew(self, message: Message, first_parked_at: datetime) -> None:
        """
        Send a copy to this queue itself, so that it is kept for another 14 days.

        The copy keeps `first_parked_at`; its deduplication id is this message's id. The caller
        deletes the original next.
        """
        ...

    async def delete(self, message: Message) -> None:
        """Delete a message. A stale receipt is no error: the message comes back."""
        ...

    async def depth(self) -> Mapping[str, int]:
        """How many messages are `visible` and how many `in_flight`, approximately."""
        ...
