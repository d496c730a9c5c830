"""The files that begin first are there."""

from __future__ import annotations

from tests.order import LONG, ROOT


def test_each_file_that_begins_first_exists() -> None:
    assert [] == [name for name in LONG if not (ROOT / name).is_file()]
