"""How often strangers can make us ask for something: a few times a minute, whatever they send."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta


class Budget:
    """
    At most `most` requests in any `period`.

    It belongs to one process: each of several functions that run side by side has its own.
    """

    def __init__(self, most: int, period: timedelta) -> None:
        self._most = most
        self._period = period
        self._taken: deque[datetime] = deque()

    def left(self, now: datetime) -> bool:
        """Whether one more request may be made now."""
        # A request of the future was stamped before our clock was set back: it is over.
        while self._taken and not timedelta() <= now - self._taken[0] < self._period:
            self._taken.popleft()
        return len(self._taken) < self._most

    def take(self, now: datetime) -> bool:
        """Make one request; False if none is left."""
        if not self.left(now):
            return False
        self._taken.append(now)
        return True
