"""What of a resource is not as it was recorded."""

from __future__ import annotations

from typing import Any

import pytest

from infra.emulated.drift import Live

LIVE = Live(
    lambda clients, id_, state: None,
    {
        "seconds": "Attributes.Seconds",
        "on": "Attributes.On",
        "policy": "Policy",
        "limits": "Limits && {rate: Limits.Rate, burst: Limits.Burst}",
    },
    {"policy": lambda policy: policy.replace("ours", "theirs")},
)
RECORDED = {
    "seconds": 30.0,
    "on": True,
    "policy": '{"who": "ours"}',
    "limits": {"rate": 5.0, "burst": 10.0},
}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Attributes": {"Seconds": "30", "On": "true", "Other": "1"}},
        {"Policy": '{ "who":"theirs" }'},
        {"Policy": {"who": "theirs"}},
        {"Limits": {"Rate": 5}},
    ],
)
def test_what_says_the_same_in_other_words_or_says_nothing_is_as_recorded(
    answer: dict[str, Any],
) -> None:
    assert {} == LIVE.drift(answer, RECORDED)


@pytest.mark.parametrize(
    ("answer", "drift"),
    [
        ({"Attributes": {"Seconds": "31", "On": "true"}}, {"seconds": 31.0}),
        ({"Attributes": {"On": "false"}}, {"on": False}),
        ({"Policy": {"who": "all"}}, {"policy": '{"who": "all"}'}),
        ({"Limits": {"Burst": 1}}, {"limits": {"rate": 5.0, "burst": 1}}),
    ],
)
def test_what_differs_is_told_as_a_program_would_say_it(
    answer: dict[str, Any], drift: dict[str, Any]
) -> None:
    assert drift == LIVE.drift(answer, RECORDED)


def test_what_the_program_does_not_set_is_not_looked_at() -> None:
    assert {} == LIVE.drift({"Attributes": {"On": "false"}}, {"seconds": 30.0})
