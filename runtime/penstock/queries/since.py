"""The parameters `since` and `until`: a time or a date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from penstock.errors import QueryRefused

_DATE = len("2026-11-02")
_DAY = timedelta(days=1) - timedelta(microseconds=1)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing is older, and what is counted back from it is still a time."""


def read_since(text: str) -> datetime:
    """
    The moment that a time, or the begin of the day that a date names (RFC 3339; dates are UTC).

    Raises:
        QueryRefused: it is neither, or a time without an offset.
    """
    return _moment("since", text)


def read_until(text: str) -> datetime:
    """
    The moment that a time, or the end of the day that a date names (RFC 3339; dates are UTC).

    Raises:
        QueryRefused: it is neither, or a time without an offset.
    """
    found = _moment("until", text)
    return found + _DAY if len(text) == _DATE else found


def _moment(parameter: str, text: str) -> datetime:
    try:
        if len(text) == _DATE:
            return max(datetime.combine(date.fromisoformat(text), time(), UTC), _EARLIEST)
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("no offset")
        return max(found.astimezone(UTC), _EARLIEST)
    except (ValueError, OverflowError) as exc:
        raise QueryRefused(
            parameter,
            "is no RFC 3339 time or date; give 2026-11-02T12:00:00Z or 2026-11-02",
        ) from exc
