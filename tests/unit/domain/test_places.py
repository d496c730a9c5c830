"""Places in the archive sort as the events happened, and a cursor names one exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from penstock.domain.place import cursor, opened, place, read_cursor, stamp, until_cursor
from penstock.testing.builders import event

AT = datetime(2026, 11, 2, 12, 0, 0, 5, tzinfo=UTC)


def test_a_moment_is_text_in_utc_to_the_microsecond() -> None:
    taipei = AT.astimezone(timezone(timedelta(hours=8)))

    assert "2026-11-02T12:00:00.000005Z" == stamp(AT) == stamp(taipei)
    assert "2026-11-02T12:00:00.000000Z" == stamp(AT.replace(microsecond=0))


def test_an_events_place_is_its_time_its_entity_and_its_number() -> None:
    assert "2026-11-02T12:00:00.000005Z#pay-1#000000000007" == place(event(time=AT, sequence=7))


@pytest.mark.parametrize("sequence", [1, 22, 333])
def test_a_cursor_is_read_as_it_was_written(sequence: int) -> None:
    """
    Whatever its length: base64 of 1, 2 or 3 bytes in the last group.
    """
    for name in ("p", "pa", "pay", "pay-1"):
        after = f"2026-11-02T12:00:00.000000Z#{name}#{sequence:012d}"

        assert "=" not in cursor(after)
        assert after == read_cursor(cursor(after)) == opened(cursor(after))


def test_a_page_until_a_moment_begins_behind_every_event_of_it() -> None:
    begins = read_cursor(until_cursor(AT))

    assert "2026-11-02T12:00:00.000005Z#~#999999999999" == begins
    assert place(event(time=AT)) < begins < place(event(time=AT + timedelta(microseconds=1)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "*",
        "caf\u00e9",
        "_" * 8,
        cursor("x"),
        cursor("2026-11-02T12:00:00Z#pay-1#000000000001"),
        cursor("2026-11-02T12:00:00.000000Z#pay-1#1"),
        cursor("2026-11-02T12:00:00.000000Z##000000000001"),
        cursor("2026-11-02T12:00:00.000000Z#pay-1#000000000001 "),
    ],
)
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor of this archive"):
        read_cursor(text)
