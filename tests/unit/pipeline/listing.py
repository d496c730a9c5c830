"""A gateway that lists what it made, in pages that end where they like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from penstock.api import Listed, Notification
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.acme import NOON, Acme, notification

SURE = 10
"""Fewer than that are never cut."""


class Keeps(StrEnum):
    """What the gateway compares of a time."""

    exact = "exact"
    seconds_of_events = "seconds of events"
    seconds_of_all = "seconds of events and of what it is asked for"


def made(number: int, at: datetime) -> Notification:
    """A notification as the list shows it; each is about the one sale of `Acme`."""
    return Notification.fetched(
        "acme", f"WH-{number}", "sale.completed", {}, at, notification().subject
    )


@dataclass
class Listing(Acme):
    """
    Lists notifications.

    Attributes:
        made: all there are; what is made after `shown_until` is not listed yet.
        most: on one page, of which the oldest are left out, or the newest.
        unreadable: ids of those that the gateway's plugin cannot read.
        asked: the spans that were asked for.
        failures: raised instead of the next answers.
    """

    made: list[Notification] = field(default_factory=list[Notification])
    most: int = 100
    newest_first: bool = True
    keeps: Keeps = Keeps.exact
    listed_for: timedelta = timedelta(days=29)
    unreadable: frozenset[str] = frozenset()
    asked: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    failures: list[Exception] = field(default_factory=list[Exception])
    clock: FrozenClock | None = None
    lags: timedelta = timedelta()

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        self.asked.append((since, until))
        if self.failures:
            raise self.failures.pop(0)
        if self.keeps is Keeps.seconds_of_all:
            since, until = since.replace(microsecond=0), until.replace(microsecond=0)
        found = [one for one in self.made if since <= self._kept(one) <= until]
        if self.clock is not None:
            found = [one for one in found if one.occurred_at + self.lags <= self.clock.now()]
        found.sort(key=lambda one: one.occurred_at, reverse=self.newest_first)
        page = found[: self.most]
        read = [one for one in page if one.id not in self.unreadable]
        return Listed(read, whole=len(page) < SURE, unreadable=len(page) - len(read))

    def _kept(self, one: Notification) -> datetime:
        at = one.occurred_at
        return at if self.keeps is Keeps.exact else at.replace(microsecond=0)


def at(**span: float) -> datetime:
    """A moment after noon."""
    return NOON + timedelta(**span)


def ids(found: Sequence[Notification]) -> list[str]:
    """Their ids."""
    return [one.id for one in found]
