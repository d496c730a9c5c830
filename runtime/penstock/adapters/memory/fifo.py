"""
A FIFO queue's rules as SQS has them, without waiting: the time is handed in.

A group is blocked while any of its messages is out: handed to a consumer whose visibility timeout
has not run out, or postponed. So a group's messages are worked on in order, one batch at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from penstock.ports import Message

DEDUP_WINDOW = timedelta(minutes=5)


@dataclass(slots=True)
class Entry:
    """One message in the queue and whom it is with."""

    id: str
    group: str
    body: str = field(repr=False)
    attributes: Mapping[str, str]
    receives: int = 0
    out_until: datetime | None = None

    @property
    def receipt(self) -> str:
        """The handle of the latest receipt; earlier ones are stale."""
        return f"{self.id}#{self.receives}"

    def out(self, now: datetime) -> bool:
        """Whether nobody else may have it now."""
        return self.out_until is not None and now < self.out_until

    def message(self) -> Message:
        """The message as it is handed out."""
        return Message(
            self.id, self.body, self.group, self.receipt, self.receives, dict(self.attributes)
        )


class Fifo:
    """Entries in the order they came, and the dedup ids of the last five minutes."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._recent: dict[str, datetime] = {}
        self._count = 0

    def put(
        self, group: str, dedup: str, body: str, attributes: Mapping[str, str], now: datetime
    ) -> bool:
        """Append a message, unless its dedup id came within five minutes; says whether it did."""
        horizon = now - DEDUP_WINDOW
        self._recent = {key: at for key, at in self._recent.items() if at > horizon}
        if dedup in self._recent:
            return False
        self._recent[dedup] = now
        self._count += 1
        self._entries.append(Entry(f"message-{self._count}", group, body, dict(attributes)))
        return True

    def adopt(self, entry: Entry) -> None:
        """Take over what another queue gave up on, its id kept (SQS does the same)."""
        entry.receives, entry.out_until = 0, None
        self._entries.append(entry)

    def take(self, limit: int, now: datetime, timeout: timedelta) -> list[Message]:
        """Hand out up to `limit` messages, oldest first, none of a blocked group."""
        blocked = {entry.group for entry in self._entries if entry.out(now)}
        free = [entry for entry in self._entries if entry.group not in blocked][:limit]
        for entry in free:
            entry.receives += 1
            entry.out_until = now + timeout
        return [entry.message() for entry in free]

    def exhausted(self, receives: int, now: datetime) -> list[Entry]:
        """Remove and return what came back after being handed out that often."""
        worn = [e for e in self._entries if e.receives >= receives and not e.out(now)]
        self._entries = [e for e in self._entries if e not in worn]
        return worn

    def held(self, receipt: str, now: datetime) -> Entry | None:
        """The message out under that receipt; None when the receipt is stale."""
        return next((e for e in self._entries if e.receipt == receipt and e.out(now)), None)

    def remove(self, entry: Entry) -> None:
        """Forget a message."""
        self._entries.remove(entry)

    def purge(self) -> None:
        """Forget all of them, whoever holds them."""
        self._entries.clear()

    def count(self, now: datetime) -> tuple[int, int]:
        """How many messages are visible, and how many out."""
        out = sum(entry.out(now) for entry in self._entries)
        return len(self._entries) - out, out

    def next_return(self, now: datetime) -> datetime | None:
        """When the first message that is out comes back."""
        return min(
            (e.out_until for e in self._entries if e.out_until and e.out(now)), default=None
        )
