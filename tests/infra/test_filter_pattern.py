"""Patterns of metric filters are understood as AWS describes them, or refused."""

from __future__ import annotations

import pytest

from tests.infra.filter_pattern import UnknownPattern, matcher


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ('{$.a = "x"}', '{"a": "x"}', True),
        ('{ $.a = "x" }', '{"a": "y"}', False),
        ('{$.a = "x"}', '{"b": "x"}', False),
        ('{$.a = "x"}', 'a = "x"', False),
        ('{$.a = "x"}', '["x"]', False),
        ('{$.a.b = "x"}', '{"a": {"b": "x"}}', True),
        ('{$.a.b = "x"}', '{"a": "x"}', False),
        ('{$.a = "x*"}', '{"a": "x and more"}', True),
        ('{$.a = "x.y"}', '{"a": "xzy"}', False),
        ("{$.a = 413}", '{"a": 413}', True),
        ("{$.a = 413}", '{"a": "413"}', False),
        ('{$.a = "413"}', '{"a": 413}', False),
        ("{$.a = 1}", '{"a": true}', False),
        ("{$.a = *}", '{"a": 1.5}', True),
        ("{$.a = *}", '{"a": "x"}', True),
        ("{$.a = *}", '{"b": 1}', False),
        ('{$.a != "x"}', '{"a": "y"}', True),
        ('{$.a != "x"}', "{}", False),
        ("{$.a = 1 && ($.b = 1 || $.b = 2)}", '{"a": 1, "b": 2}', True),
        ("{$.a = 1 && ($.b = 1 || $.b = 2)}", '{"a": 2, "b": 2}', False),
        ("{$.a = 1 || $.b = 1 && $.c = 1}", '{"a": 1}', True),
        ("{$.a = 1 || $.b = 1 && $.c = 1}", '{"b": 1}', False),
    ],
)
def test_a_pattern_is_understood_as_aws_describes_it(
    pattern: str, line: str, expected: bool
) -> None:
    assert expected == matcher(pattern)(line)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ERROR",
        "[a, b]",
        "{}",
        '{$.a = "x"',
        '{$.a = "x"} more',
        "{$.a = x}",
        "{$.a IS NULL}",
        "{$.a NOT EXISTS}",
        "{$.a = %x%}",
        "{$.a[0] = 1}",
        "{$.a > 1}",
        "{$.a = 4*}",
        "{$.a = 1 &&}",
        "{($.a = 1}",
        '{"x" = $.a}',
        r'{$.a = "\""}',
    ],
)
def test_a_pattern_that_says_more_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownPattern):
        matcher(pattern)
