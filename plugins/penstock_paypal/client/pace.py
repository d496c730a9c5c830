"""How long to wait before PayPal is asked again; jitter keeps waiting requests apart."""

from __future__ import annotations

import zlib
from datetime import datetime

from penstock.api import Ids, Response, retry_after

AFTER_429 = 30.0
"""Seconds; PayPal's own sample waits so long (developer.paypal.com/api/rest/rate-limiting)."""
LONGEST_WAIT = 900.0
"""Seconds; a longer `Retry-After` counts as this. The jitter comes on top."""
JITTER = 0.25
"""The most that is added, as a part of the wait; one second at least."""


class Pace:
    """
    Reads waits out of PayPal's answers and adds jitter.

    Args:
        ids: the source of randomness.
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def wait(self, response: Response, now: datetime, *, throttled: bool) -> float | None:
        """
        Seconds to wait: what `Retry-After` names (seconds or a date), at most 900, plus jitter.

        Args:
            throttled: PayPal said that we ask too much, so that 30 s are waited if it names none.

        Returns:
            None if PayPal named no wait: the back-off of the caller decides.
        """
        named = retry_after(response, now)
        if named is None:
            if not throttled:
                return None
            named = AFTER_429
        named = min(named, LONGEST_WAIT)
        return named + max(named * JITTER, 1.0) * self._fraction()

    def _fraction(self) -> float:
        """From 0 to below 1, evenly: the checksum of a new id."""
        return zlib.crc32(self._ids.new().encode()) / 2**32
