"""No test is left out for having the id of another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.node_ids import name_operation, repeated


def test_tests_that_schemathesis_made_of_one_function_have_ids_of_their_own(
    request: pytest.FixtureRequest,
) -> None:
    made: list[Any] = [
        SimpleNamespace(operation_label=label, id=request.node.id, nodeid="")
        for label in ("GET /payments", "POST /payments")
    ]
    for one in made:
        name_operation(one)

    assert ["GET /payments", "POST /payments"] == [one._id.params for one in made]


def test_an_id_that_several_tests_have_is_named() -> None:
    tests: list[Any] = [SimpleNamespace(nodeid=name) for name in ("a", "b", "a")]

    assert ["a"] == repeated(tests)
