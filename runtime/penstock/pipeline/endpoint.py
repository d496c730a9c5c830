"""
The endpoint of a sink that retries at times of its own: when the next try is, and when it is
disabled.

    fails ──► retried at each of its times ──► parked
                 nothing taken in all that time ──► disabled: events are parked at once
    an event that an operator sent again is taken ──► enabled

Several workers try its events at once, so each note names the state that it was decided on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from penstock.api.context import Clock
from penstock.domain.parked import by_operator
from penstock.errors import SinkRefused, SinkScheduled
from penstock.pipeline import notices
from penstock.ports import Attempts, Message, Trouble

LONGEST_WAIT = 11.5 * 3600
"""Seconds. SQS holds a message back for 12 hours, counted from the receipt."""
_KEPT = timedelta(days=14)
"""How long a queue keeps a message; then it forgets it."""
_EARLY = timedelta(days=1)
"""By how much sooner an event is parked: one that is forgotten is lost to the sink."""
_LATE = timedelta(minutes=5)
"""By how much the first try of an event may be later than the event itself."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    What is known of one sink's endpoint.

    Attributes:
        retries: when an event is tried again, in seconds since its first try.
    """

    sink: str
    retries: Sequence[float]
    attempts: Attempts
    clock: Clock

    async def admit(self, message: Message, *, replayed: bool) -> Trouble | None:
        """
        What is wrong with the endpoint, before an event is handed over.

        Raises:
            SinkRefused: it is disabled, and no operator has sent the event again.
        """
        trouble = await self.attempts.trouble(self.sink)
        if trouble is None or trouble.disabled_at is None:
            return trouble
        if replayed or by_operator(message.attributes):
            return trouble
        raise SinkRefused(
            f"disabled since {trouble.disabled_at:%Y-%m-%d %H:%M} UTC ({trouble.because}); "
            "redrive this letter to try the endpoint again"
        )

    async def took(self) -> None:
        """An event was taken: whatever was wrong before is over, whoever noted it meanwhile."""
        while trouble := await self.attempts.trouble(self.sink):
            if await self.attempts.note(self.sink, None, before=trouble):
                if trouble.disabled_at is not None:
                    notices.sink_enabled(self.sink)
                return

    async def failed(
        self, trouble: Trouble | None, message: Message, because: str, asked: float | None
    ) -> NoReturn:
        """
        An event was not taken.

        Args:
            trouble: what was wrong before it was tried.
            asked: seconds to wait that the endpoint named.

        Raises:
            SinkScheduled: it is tried again.
            SinkRefused: it was the last of its tries.
        """
        now = self.clock.now()
        if trouble is None:
            trouble = Trouble(now)
            await self.attempts.note(self.sink, trouble, before=None)
        # Neither receipts nor the age of the message: it may have waited behind others, and its
        # group's receipts are its own, too.
        age = (now - await self.attempts.first_tried(self.sink, message.id, now)).total_seconds()
        whole = timedelta(seconds=max(self.retries, default=0.0))
        told = f"{because}; not taken within {whole / timedelta(hours=1):.0f} hours"
        later = next((at for at in self.retries if at > age), None)
        if later is not None:
            wait = min(max(later - age, asked or 0.0), LONGEST_WAIT)
            if self._kept(message, now + timedelta(seconds=wait)):
                raise SinkScheduled(because, wait)
            told = (
                f"{because}; it is parked before its queue forgets it"
                f" ({_KEPT.days} days after it came)"
            )
        if now - trouble.since >= whole - _LATE:
            # Not if another worker has noted anything since: then the endpoint took an event, or
            # is disabled already.
            await self._disable(trouble, told)
        raise SinkRefused(told)

    async def gone(self, because: str) -> None:
        """The endpoint takes nothing more, it says: disabled, unless it is already."""
        while True:
            trouble = await self.attempts.trouble(self.sink)
            if trouble is not None and trouble.disabled_at is not None:
                return
            if await self._disable(trouble, because):
                return

    async def _disable(self, trouble: Trouble | None, because: str) -> bool:
        """Whether it is disabled now for this reason: what was wrong is still as it was seen."""
        if trouble is not None and trouble.disabled_at is not None:
            return False
        now = self.clock.now()
        disabled = Trouble(trouble.since if trouble else now, now, because)
        done = await self.attempts.note(self.sink, disabled, before=trouble)
        if done:
            notices.sink_disabled(self.sink, because)
        return done

    def _kept(self, message: Message, until: datetime) -> bool:
        """Whether its queue keeps a message until then; True if it does not say when it came."""
        return message.sent_at is None or until - message.sent_at <= _KEPT - _EARLY
