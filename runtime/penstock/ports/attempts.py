"""What sinks were given, so that each gets an event once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    That a sink's endpoint takes nothing.

    Attributes:
        since: when it failed first after the last delivery that it took.
        disabled_at: since when it is not tried any more; None while it still is.
        because: why it was disabled.
    """

    since: datetime
    disabled_at: datetime | None = None
    because: str = ""


class Attempts(Protocol):
    """
    Which events each sink was given, so that a sink gets an event once, and what is wrong with
    its endpoint.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink was given the event."""
        ...

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that the sink was given the event at that moment."""
        ...

    async def first_tried(self, sink: str, message_id: str, at: datetime) -> datetime:
        """
        When a message was first tried at the sink: `at`, unless that was remembered before.

        Args:
            message_id: the queue's id of this copy; a copy that is sent again begins anew.
        """
        ...

    async def trouble(self, sink: str) -> Trouble | None:
        """What is wrong with the sink's endpoint; None while it takes events."""
        ...

    async def note(self, sink: str, trouble: Trouble | None, *, before: Trouble | None) -> bool:
        """
        Remember what is wrong with the sink's endpoint, unless another worker was faster.

        Args:
            trouble: what is wrong now; None: it takes events again.
            before: what was wrong when the caller looked.

        Returns:
            Whether that was still so; if not, nothing is changed.
        """
        ...
