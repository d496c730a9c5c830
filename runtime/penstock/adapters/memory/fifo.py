"""
The rules of a FIFO queue on SQS, without waiting: the caller gives the time.

A group is blocked while any of its messages is out: handed to a consumer whose visibility timeout
has not run out, or postponed. So a group's messages are worked on in order, one batch at a time.

Nothing here walks all messages: the cost does not grow with the number that wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from penstock.adapters.memory.recent import Recent
from penstock.ports import Message, Written


@dataclass(slots=True)
class Entry:
    """
    One message in the queue.

    Attributes:
        receipt: the handle of the latest receipt, empty before the first; earlier ones are stale.
    """

    id: str
    group: str
    content: str | Written = field(repr=False)
    attributes: Mapping[str, str]
    receives: int = 0
    out_until: datetime | None = None
    place: int = 0
    sent_at: datetime | None = None
    receipt: str = ""

    def message(self) -> Message:
        """The message as it is handed out."""
        return Message(
            self.id,
            self.content,
            self.group,
            self.receipt,
            self.receives,
            dict(self.attributes),
            self.sent_at,
        )


class Fifo:
    """Entries in the order they came, and the dedup ids of the last five minutes."""

    def __init__(self) -> None:
        self._recent = Recent()
        self._places = count(1)
        self.purge()

    def purge(self) -> None:
        """Forget all messages, also those handed out."""
        self._entries: dict[int, Entry] = {}
        self._groups: dict[str, dict[int, Entry]] = {}
        self._out: dict[str, int] = {}  # how many of a group are out
        self._held: dict[str, Entry] = {}  # by the latest receipt
        self._returned: dict[int, Entry] = {}  # came back since `exhausted` looked
        # Heaps. An entry may be out of date, so it is checked before it is used.
        self._ready: list[tuple[int, str]] = []  # a free group's first message
        self._back: list[tuple[datetime, int]] = []  # when what is out comes back

    def put(
        self,
        group: str,
        dedup: str,
        content: str | Written,
        attributes: Mapping[str, str],
        now: datetime,
    ) -> bool:
        """Append a message, unless its dedup id came within five minutes; says whether it did."""
        if self._recent.came(dedup, now):
            return False
        place = next(self._places)
        # An id that no other queue gives, as SQS's are: a copy's dedup id is the id it replaces.
        self._append(
            Entry(f"{dedup}/{place}", group, content, dict(attributes), place=place, sent_at=now)
        )
        return True

    def adopt(self, entry: Entry, now: datetime) -> None:
        """Take over what another queue gave up on, its id kept (SQS does the same)."""
        entry.receives, entry.out_until, entry.place = 0, None, next(self._places)
        entry.sent_at, entry.receipt = now, ""
        self._append(entry)

    def take(self, limit: int, now: datetime, timeout: timedelta) -> list[Message]:
        """Hand out up to `limit` messages, oldest first, none of a blocked group."""
        self._come_back(now)
        taken: list[Message] = []
        lines: dict[str, Iterator[Entry]] = {}
        while self._ready and len(taken) < limit:
            place, group = heappop(self._ready)
            entry = self._entries.get(place)
            if entry is None or entry.out_until or (group in self._out and group not in lines):
                continue
            if group not in lines:
                lines[group] = iter(self._groups[group].values())
                next(lines[group])
            taken.append(self._hand_out(entry, now + timeout))
            follower = next(lines[group], None)
            if follower:
                heappush(self._ready, (follower.place, group))
        return taken

    def exhausted(self, receives: int, now: datetime) -> list[Entry]:
        """Remove and return what came back after being handed out that often."""
        self._come_back(now)
        worn = [
            one
            for one in self._returned.values()
            if one.receives >= receives and not one.out_until
        ]
        self._returned.clear()
        for entry in worn:
            self.remove(entry)
        return worn

    def expire(self, before: datetime) -> None:
        """Forget messages that were sent before that, as SQS does; the oldest are first."""
        while self._entries:
            oldest = next(iter(self._entries.values()))
            if oldest.sent_at is None or oldest.sent_at >= before:
                return
            self.remove(oldest)

    def held(self, receipt: str, now: datetime) -> Entry | None:
        """The message out under that receipt; None when the receipt is stale."""
        self._come_back(now)
        entry = self._held.get(receipt)
        return entry if entry and entry.out_until else None

    def postpone(self, entry: Entry, until: datetime) -> None:
        """Have a message that is out come back then."""
        entry.out_until = until
        heappush(self._back, (until, entry.place))

    def remove(self, entry: Entry) -> bool:
        """Forget a message; says whether its group has more."""
        del self._entries[entry.place]
        line = self._groups[entry.group]
        del line[entry.place]
        self._held.pop(entry.receipt, None)
        self._returned.pop(entry.place, None)
        self._is_in(entry)
        return bool(line)

    def count(self, now: datetime) -> tuple[int, int]:
        """How many messages are visible, and how many out."""
        self._come_back(now)
        out = sum(self._out.values())
        return len(self._entries) - out, out

    def next_return(self, now: datetime) -> datetime | None:
        """When the first message that is out comes back."""
        self._come_back(now)
        return self._back[0][0] if self._back else None

    def _append(self, entry: Entry) -> None:
        self._entries[entry.place] = entry
        line = self._groups.setdefault(entry.group, {})
        line[entry.place] = entry
        if len(line) == 1:
            self._offer(entry.group)

    def _hand_out(self, entry: Entry, until: datetime) -> Message:
        self._held.pop(entry.receipt, None)
        entry.receives += 1
        entry.receipt = f"{entry.place}#{entry.receives}"
        self._held[entry.receipt] = entry
        self._out[entry.group] = self._out.get(entry.group, 0) + 1
        self.postpone(entry, until)
        return entry.message()

    def _come_back(self, now: datetime) -> None:
        """Take in what is due, and forget what the heap says of messages that have moved on."""
        while self._back:
            until, place = self._back[0]
            entry = self._entries.get(place)
            current = entry is not None and entry.out_until == until
            if current and until > now:
                return
            heappop(self._back)
            if entry and current:
                self._returned[place] = entry
                self._is_in(entry)

    def _is_in(self, entry: Entry) -> None:
        """Note that a message is no longer handed out: it came back, or it was removed."""
        if entry.out_until:
            entry.out_until = None
            self._out[entry.group] -= 1
            if not self._out[entry.group]:
                del self._out[entry.group]
        self._offer(entry.group)

    def _offer(self, group: str) -> None:
        """Put a group in line by its first message, if it is free."""
        if not self._groups[group]:
            del self._groups[group]
        elif group not in self._out:
            heappush(self._ready, (next(iter(self._groups[group])), group))
