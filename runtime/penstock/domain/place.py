"""Where an event stands in the archive, and cursors that name a place in a listing."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime

from penstock.domain.events import Event

_PLACE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#.+#\d{12}", re.DOTALL)


def stamp(moment: datetime) -> str:
    """A moment in UTC as text of one width, so that texts sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def place(event: Event) -> str:
    """The event's sort key: by time, then in the order its entity caused it."""
    return f"{stamp(event.time)}#{event.entity}#{event.sequence:012d}"


def cursor(after: str) -> str:
    """A place as clients get it."""
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")


def until_cursor(until: datetime) -> str:
    """Where a page of the archive begins that has no event after that moment."""
    return cursor(f"{stamp(until)}#~#{10**12 - 1:012d}")


def read_cursor(text: str) -> str:
    """
    The place in the archive that a cursor names.

    Raises:
        ValueError: the cursor is not one of ours.
    """
    found = opened(text)
    if not _PLACE.fullmatch(found):
        raise ValueError("not a cursor of this archive")
    return found


def opened(text: str) -> str:
    """
    What `cursor` was given.

    Raises:
        ValueError: `cursor` cannot have made it.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as exc:
        raise ValueError("not a cursor of this archive") from exc
