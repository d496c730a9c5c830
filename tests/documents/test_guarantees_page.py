"""docs/guarantees.md: each promise names a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
PROMISES = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
_HEAD = "| promise |"


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_a_test_that_a_promise_rests_on_is_there(module: str, name: str) -> None:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    names = {
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert name in names


def test_every_promise_names_a_test() -> None:
    without = [one for one in PROMISES if not one.startswith(_HEAD) and "::test_" not in one]

    assert [] == without
    assert len(PROMISES) > 15
