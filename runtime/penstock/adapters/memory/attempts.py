"""Which events each sink was given, in memory."""

from __future__ import annotations

from datetime import datetime

from penstock.ports import Trouble


class MemoryAttempts:
    """Deliveries that succeeded, by sink and event."""

    def __init__(self) -> None:
        self._delivered: dict[tuple[str, str], datetime] = {}
        self._first_tried: dict[tuple[str, str], datetime] = {}
        self._trouble: dict[str, Trouble | None] = {}

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink was given the event."""
        return (sink, event_id) in self._delivered

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that the sink was given the event at that moment."""
        self._delivered[sink, event_id] = at

    async def first_tried(self, sink: str, message_id: str, at: datetime) -> datetime:
        """When a message was first tried at the sink."""
        return self._first_tried.setdefault((sink, message_id), at)

    async def trouble(self, sink: str) -> Trouble | None:
        """What is wrong with the sink's endpoint."""
        return self._trouble.get(sink)

    async def note(self, sink: str, trouble: Trouble | None, *, before: Trouble | None) -> bool:
        """Remember what is wrong with the sink's endpoint, if it still is as `before` says."""
        if self._trouble.get(sink) != before:
            return False
        self._trouble[sink] = trouble
        return True
