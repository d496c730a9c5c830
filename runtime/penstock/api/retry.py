"""What `Retry-After` says (RFC 9110, 10.2.3)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from penstock.api.context import Response

LONGEST = 12 * 3600.0
"""Seconds; no queue holds a message back longer."""


def retry_after(response: Response, now: datetime) -> float | None:
    """
    Seconds the other side asks us to wait, at most twelve hours; None when it named none.

    Both forms are read, seconds and HTTP-date; anything else counts as none.
    """
    text = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else None
        if seconds is None:
            at = parsedate_to_datetime(text)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            seconds = (at - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST)
