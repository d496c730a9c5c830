"""The audit trail, newest first: one day after another, as far back as `since`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from penstock.api.context import Clock
from penstock.domain.audit import Entry
from penstock.ports import Audit, Place
from penstock.queries.mark import Mark
from penstock.queries.since import read_since

LOOKED_AT = 300
"""How many entries one page looks at."""
DAYS = 31
"""How many days one page looks at, and how far back a listing goes that names no `since`."""
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """
    The wanted entries.

    Attributes:
        since: leave out what began before; an RFC 3339 time or date.
        subject: `<kind>#<id>`, or the id alone.
        who: a part of the actor: the end of an ARN, a token's id.
        limit: how many a page holds at most, 1 to 100.
        cursor: where the page begins, from the page before.
    """

    since: str | None = None
    subject: str | None = None
    who: str | None = None
    limit: int = 20
    cursor: str | None = None

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        begun = entry.begun
        about = any(self.subject in (one, one.partition("#")[2]) for one in begun.subjects)
        return (self.subject is None or about) and (self.who is None or self.who in begun.actor)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first, and where the next page begins."""

    entries: tuple[Entry, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ListAudit:
    """`GET /audit` and `penstock audit list`."""

    audit: Audit
    clock: Clock

    async def __call__(self, asked: AuditQuery) -> AuditPage:
        """
        A page of the trail.

        Raises:
            QueryRefused: names the parameter that is wrong.
            LedgerUnavailable: the store gave no answer.
        """
        mark = Mark.read(asked.cursor) if asked.cursor is not None else None
        since = self._since(asked, mark)
        place = mark.place if mark else None
        newest = place.at.date() if place else self.clock.now().astimezone(UTC).date()
        found: list[Entry] = []
        looked_at = 0
        for day in _days(newest, since.date()):
            while read := await self.audit.of_day(day, _AT_ONCE, place):
                for entry in read:
                    if entry.begun.at < since:
                        return AuditPage(tuple(found), None)
                    if asked.fits(entry):
                        if len(found) == asked.limit and place:
                            return AuditPage(tuple(found), Mark(place, since).text)
                        found.append(entry)
                    place = Place(entry.begun.at, entry.begun.id)
                looked_at += len(read)
                if looked_at >= LOOKED_AT and place:
                    return AuditPage(tuple(found), Mark(place, since).text)
                if len(read) < _AT_ONCE:
                    break
        return AuditPage(tuple(found), _rest(newest, since))

    def _since(self, asked: AuditQuery, mark: Mark | None) -> datetime:
        if asked.since is not None:
            return read_since(asked.since)
        if mark and mark.since:
            # A listing that was begun before midnight ends where it would have ended.
            return mark.since
        today = self.clock.now().astimezone(UTC).date()
        return datetime.combine(today - timedelta(days=DAYS - 1), time(), UTC)


def _days(newest: date, oldest: date) -> Sequence[date]:
    """The days of one page, newest first."""
    wanted = min((newest - oldest).days + 1, DAYS)
    return [newest - timedelta(days=back) for back in range(wanted)]


def _rest(newest: date, since: datetime) -> str | None:
    """Where the next page begins, if there are more days than one page looks at."""
    last = newest - timedelta(days=DAYS - 1)
    if last <= since.date():
        return None
    return Mark(Place(datetime.combine(last, time(), UTC), "0"), since).text
