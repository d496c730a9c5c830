"""What a dead letter says of itself: why, after how many tries, since when."""

from __future__ import annotations

import pytest

from penstock.domain.parked import attempts, first_parked_at, own, parked, renewed
from penstock.testing.clock import NOON


def test_a_parked_message_keeps_its_attributes_and_tells_why_and_after_how_many_tries() -> None:
    once = parked({"gateway": "acme"}, "refused", 200)
    again = parked({**renewed(once, NOON)}, "refused again", 3)

    assert {"gateway": "acme", "reason": "refused", "attempts": "200"} == once
    assert {"gateway": "acme", "reason": "refused again", "attempts": "3"} == again
    assert {"gateway": "acme"} == own(again)


def test_a_renewed_letter_keeps_since_when_it_is_one() -> None:
    letter = renewed(parked({}, "refused", 1), NOON)
    later = NOON.replace(month=12)

    assert {"reason": "refused", "attempts": "1"} == {
        name: value for name, value in letter.items() if name != "first_parked_at"
    }
    assert NOON == first_parked_at(letter, later)
    assert later == first_parked_at({}, later)
    assert first_parked_at({}, None) is None


@pytest.mark.parametrize("told", ["", "yesterday", "2026-11-02T12:00:00"])
def test_a_time_that_is_none_or_has_no_zone_is_not_believed(told: str) -> None:
    assert NOON == first_parked_at({"first_parked_at": told}, NOON)


@pytest.mark.parametrize(
    ("told", "number"), [({}, None), ({"attempts": "7"}, 7), ({"attempts": "many"}, None)]
)
def test_a_letter_without_a_number_of_attempts_has_none(
    told: dict[str, str], number: int | None
) -> None:
    assert number == attempts(told)
