"""Where a page of payments begins: the cursor's text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from penstock.domain.place import cursor, opened, stamp
from penstock.errors import QueryRefused
from penstock.ports import Place

CURSOR_REFUSED = "is not one of ours; take it from the answer before, with the same parameters"


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A place in a listing of payments.

    Attributes:
        since: the listing's end, so that a default of today stays the same day after midnight.
    """

    place: Place
    since: datetime | None = None

    @property
    def text(self) -> str:
        """The cursor."""
        since = stamp(self.since) if self.since else ""
        return cursor(f"{stamp(self.place.at)}#{since}#{self.place.id}")

    @classmethod
    def read(cls, text: str) -> Mark:
        """
        Read a cursor.

        Raises:
            QueryRefused: it is not one of ours.
        """
        try:
            at, since, identity = opened(text).split("#", 2)
            mark = cls(Place(_moment(at), identity), _moment(since) if since else None)
        except ValueError as exc:
            raise QueryRefused("cursor", CURSOR_REFUSED) from exc
        if not identity:
            raise QueryRefused("cursor", CURSOR_REFUSED)
        return mark


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if stamp(found) != text:
        raise ValueError("not a moment as a cursor has it")
    return found
