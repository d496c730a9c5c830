"""The list of mutants that may survive speaks of the code as it is."""

from __future__ import annotations

from collections import Counter

from tests.mutation.mutants import AREAS, ROOT
from tests.mutation.survivors import listed


def test_each_survivor_is_of_a_line_that_is_there() -> None:
    gone = [
        f"{one.module}: {one.line}"
        for one in listed()
        if one.line not in [line.strip() for line in (ROOT / one.module).read_text().splitlines()]
    ]

    assert [] == gone


def test_each_survivor_is_listed_once_with_its_reason() -> None:
    known = listed()

    assert [] == [one for one, times in Counter(known).items() if times > 1]
    assert [] == [one for one in known if len(one.reason.split()) < 3 or one.line == one.becomes]


def test_each_survivor_is_in_a_module_that_is_mutated() -> None:
    folders = tuple(f"{folder}/" for folder in AREAS.values())

    assert [] == [one.module for one in listed() if not one.module.startswith(folders)]
