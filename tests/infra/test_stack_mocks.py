"""A gateway that a function of the stack plays: in a trial stack, never where money is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import pytest

from infra import mocks
from infra.config.configured import PLUGIN
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.rules.view import of, statements
from penstock import api, variables


def test_dev_has_a_mock_and_prod_has_none(graphs: Mapping[str, Sequence[Declared]]) -> None:
    mocks = {
        stack: [name for name in of(graph, "Function") if name.startswith("mock-")]
        for stack, graph in graphs.items()
    }

    assert {"dev": ["mock-example"], "prod": []} == mocks
    assert not [one.name for one in graphs["prod"] if "mock" in one.name]


def test_the_stack_and_the_runtime_have_the_same_words_for_a_mock_and_a_plugin() -> None:
    """They import nothing of each other, so each has its own."""
    assert (api.MOCK, variables.PLUGIN) == (mocks.MOCK, PLUGIN)


def test_the_mock_answers_below_its_own_path_and_may_do_nothing(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    dev = graphs["dev"]
    mock = of(dev, "Function")["mock-example"]
    allowed = statements(of(dev, "RolePolicy")["mock-example"]["policy"])

    assert "ANY /mocks/example/{path+}" == of(dev, "Route")["mock-example"]["routeKey"]
    assert {"logs", "xray"} == {
        action.partition(":")[0] for one in allowed for action in one["Action"]
    }
    assert {"LOG_LEVEL", "PENSTOCK_STACK"} == mock["environment"]["variables"].keys()


def test_the_handler_that_a_data_file_names_is_there() -> None:
    named = [one.mock for plugin in installed() for one in plugin.file.gateways if one.mock]
    found = [name.rpartition(".") for name in named]

    assert ["penstock_example.mock.handler"] == named
    assert all(callable(getattr(import_module(module), name)) for module, _, name in found)


def test_a_protected_stack_refuses_a_mock(dev: dict[str, Any]) -> None:
    protected = {"protect": True, "alertEmails": ["a@example.com"], "accounts": ["123456789012"]}
    with pytest.raises(
        ConfigError, match=r"gateways\.example\.request_uri is mock, and the stack"
    ):
        capture("dev", {**dev, **protected})


def test_a_gateway_of_ones_own_needs_no_mock(dev: dict[str, Any]) -> None:
    own = {"example": {"request_uri": "https://charges.example.com/charges"}}
    graph = capture("dev", {**dev, "penstock:gateways": own})

    assert "mock-example" not in of(graph, "Function")
