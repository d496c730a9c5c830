"""Retry-After in both its forms."""

from __future__ import annotations

import pytest

from penstock.api import retry_after
from penstock.testing.clock import NOON
from penstock.testing.http import response


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Mon, 02 Nov 2026 12:02:00 GMT", 120.0),
        ("Mon, 02 Nov 2026 12:02:00 -0000", 120.0),
        ("Mon, 02 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999", 43200.0),
        ("9" * 400, 43200.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("1e9", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 12:02:00 GMT", None),
    ],
)
def test_it_is_seconds_or_a_date_or_nothing(text: str, seconds: float | None):
    assert seconds == retry_after(response(429, "", {"Retry-After": text}), NOON)


def test_no_header_names_no_time():
    assert retry_after(response(429), NOON) is None
