"""Which dead letters a selection takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.errors import CommandRefused
from penstock.operators.knowledge import Known
from penstock.operators.letters import Letter, Selection
from penstock.testing.clock import NOON
from tests.unit.operators.contents import message_of, read

HOUR = timedelta(hours=1)


def letter(**attributes: str) -> Letter:
    message = message_of("{}", id="0123456789abcdef", attributes=attributes, group="pay-1")
    return Letter("payments", message, read("payments", "{}"), Known("x"), NOON - HOUR, 3)


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(everything=True), True),
        (Selection(ids=["01234567"]), True),
        (Selection(ids=["other-id", "0123456789abcdef"]), True),
        (Selection(ids=["12345678"]), False),
        (Selection(reason="NO funds"), True),
        (Selection(reason="funds are"), False),
        (Selection(group="pay-1"), True),
        (Selection(group="pay-"), False),
        (Selection(older_than=HOUR), True),
        (Selection(older_than=HOUR + timedelta(seconds=1)), False),
        (Selection(ids=["01234567"], group="pay-2"), False),
        (Selection(ids=["01234567"], reason="else"), False),
        (Selection(reason="no funds", group="pay-1", older_than=timedelta()), True),
    ],
)
def test_a_letter_is_taken_if_it_fits_all_that_is_given(selection: Selection, taken: bool) -> None:
    assert taken is selection.takes(letter(reason="there are No Funds"), NOON)


def test_a_letter_of_unknown_age_is_not_old_enough() -> None:
    ageless = replace(letter(), since=None)

    assert not Selection(older_than=timedelta()).takes(ageless, NOON)
    assert Selection(group="pay-1").takes(ageless, NOON)


def test_a_letter_without_a_reason_says_where_it_may_come_from() -> None:
    assert "received 200 times without an end; SQS moved it, or the sender gave no reason" == (
        letter().reason
    )
    assert ("0123456789abcdef", "pay-1") == (letter().id, letter().group)


@pytest.mark.parametrize(
    ("selection", "says"),
    [
        (Selection(), "say which: an id, --reason"),
        (Selection(ids=["0123456"]), "an id has at least 8 characters"),
        (Selection(ids=["01234567", "0"], everything=True), "an id has at least 8 characters"),
    ],
)
def test_a_selection_that_selects_nothing_or_too_much_is_refused(
    selection: Selection, says: str
) -> None:
    with pytest.raises(CommandRefused, match=says):
        selection.checked()


@pytest.mark.parametrize(
    "selection",
    [
        Selection(ids=["01234567"]),
        Selection(reason="x"),
        Selection(group="g"),
        Selection(older_than=HOUR),
        Selection(everything=True),
    ],
)
def test_one_condition_is_enough(selection: Selection) -> None:
    assert selection == selection.checked()


def test_ids_that_name_no_letter_are_told() -> None:
    selection = Selection(ids=["01234567", "89abcdef"])

    assert ["89abcdef"] == selection.missing([letter()])
    assert ["01234567", "89abcdef"] == selection.missing([])
