"""Deduplication ids, remembered for five minutes as SQS and SNS remember them."""

from __future__ import annotations

from datetime import datetime, timedelta

DEDUP_WINDOW = timedelta(minutes=5)


class Recent:
    """What came within the last five minutes; the oldest are forgotten as new ones come."""

    def __init__(self) -> None:
        self._came: dict[str, datetime] = {}

    def came(self, dedup: str, now: datetime) -> bool:
        """Whether the id came before; note it."""
        horizon = now - DEDUP_WINDOW
        # In the order they came, because a dictionary keeps it.
        while self._came and self._came[oldest := next(iter(self._came))] <= horizon:
            del self._came[oldest]
        if dedup in self._came:
            return True
        self._came[dedup] = now
        return False
