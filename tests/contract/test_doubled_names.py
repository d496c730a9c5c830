"""A name that is twice in one object is refused, wherever colons, quotes and blanks are."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.contracts import loads
from penstock.errors import RequestRefused

BLANKS = st.sampled_from(["", " ", "\n\t"])
TEXTS = st.sampled_from(
    ["a", "b", "", ":", '":', '\\"', "http://a", "a://:", "12:30:00", "{", "\\u003a", "é:"]
).map(lambda text: json.dumps(text, ensure_ascii=False))
NAMES = st.sampled_from(["a", "b", ":", '"', "://"]).map(json.dumps)
LEAVES = st.one_of(TEXTS, st.sampled_from(["1", "-0.5", "true", "null"]))


@st.composite
def objects(draw: st.DrawFn, below: st.SearchStrategy[str]) -> str:
    pairs = draw(st.lists(st.tuples(NAMES, BLANKS, BLANKS, below), max_size=4))
    return f"{{{','.join(f'{n}{before}:{after}{v}' for n, before, after, v in pairs)}}}"


DOCUMENTS = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        objects(below), st.lists(below, max_size=3).map(lambda ones: f"[{','.join(ones)}]")
    ),
    max_leaves=12,
)


def doubled(text: str) -> bool:
    """The plain way: every object's names, in pairs."""
    found: list[bool] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(dict(pairs)) != len(pairs))
        return dict(pairs)

    json.loads(text, object_pairs_hook=look)
    return any(found)


def refused(text: str) -> bool:
    try:
        loads(text.encode())
    except RequestRefused as exc:
        return exc.detail == "an object of the body has the same name twice"
    return False


@given(DOCUMENTS)
@example('{"a" :1,"a":2}')
@example('{"a":"://","a":":"}')
@example('{"a":1,"\\u0061":2}')
def test_a_name_that_is_there_twice_is_refused_and_no_other(text: str):
    assert doubled(text) is refused(text)


def test_bodies_that_threads_read_at_once_are_judged_each_by_itself():
    good, bad = '{"a":1,"b":{"c":2}}', '{"a":1,"a":{"c":2}}'
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(refused, [good, bad] * 500))

    assert [False, True] * 500 == said


def test_what_was_read_of_a_broken_body_is_no_part_of_the_next():
    for _ in range(2):
        with pytest.raises(RequestRefused):
            loads(b'{"a":{"b":1}')
        assert {"a": 1} == loads(b'{"a":1}')
        assert refused('{"a":1,"a":2}')
