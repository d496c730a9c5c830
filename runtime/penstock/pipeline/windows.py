"""
A span of a gateway's list, walked to its end: a page that may be cut is asked for in halves.

    [12:00 … 13:00]  100 listed, perhaps cut
    [12:00 … 12:30]   30 listed: fewer than the gateway has shown at once, so all of them
    [12:30 … 13:00]  100 listed, perhaps cut: halved again

A gateway need not say how large its pages are or where the next one begins. Both halves include
their border, so each notification is in one of them, however the gateway rounds its times.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.api.history import History
from penstock.domain.delivery import Notification

_FINEST = timedelta(milliseconds=10)
"""A span that is not halved any more."""
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """
    Part of the span, all of which was listed.

    Attributes:
        cut: whether so many notifications were made at one moment that the list stays cut.
    """

    since: datetime
    until: datetime
    notifications: Sequence[Notification]
    cut: bool


async def walk(
    gateway: History, since: datetime, until: datetime, first: datetime | None = None
) -> AsyncGenerator[Window]:
    """
    The parts of a span, oldest first.

    Args:
        first: if the span is not listed at once, the parts from here on come first, so that a
            caller that runs out of time has seen them.

    Raises:
        GatewayUnavailable, Unconfirmable: as `list_notifications` does.
    """
    # An empty page is never cut, even if the gateway says that there is more.
    largest, left = 1, [(since, until)]
    while left:
        begins, ends = left.pop()
        listed = await gateway.list_notifications(begins, ends)
        found = listed.notifications
        size = len(found) + listed.unreadable
        # A gateway that has shown more at once did not cut this one.
        cut = not listed.whole and size >= largest
        largest = max(largest, size)
        if cut and ends - begins > _FINEST:
            if first is not None and begins < first < ends:
                left += [(begins, first), (first, ends)]
                continue
            middle = _middle(begins, ends)
            left += [(middle, ends), (begins, middle)]
            continue
        yield Window(begins, ends, found, cut)


def _middle(begins: datetime, ends: datetime) -> datetime:
    """Half way, at a whole second where one is between: gateways may keep whole seconds only."""
    middle = begins + (ends - begins) / 2
    whole = middle.replace(microsecond=0)
    return whole if begins < whole and ends - begins >= _A_SECOND else middle
