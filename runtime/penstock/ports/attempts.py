"""What sinks were given, so that each gets an event once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime


class Attempts(Protocol):
    """
    Which events each sink was given, so that a sink gets an event once.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink was given the event."""
        ...

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that the sink was given the event at that moment."""
        ...
