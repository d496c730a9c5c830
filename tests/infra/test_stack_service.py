"""How the stack serves: its routes, functions and domain, and what tells that it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.config.contract import CONTRACT, operations
from infra.config.project import ConfigError
from infra.config.yaml_file import read_yaml
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.rules.view import of
from penstock.settings import Function, Settings
from tests.infra.stacks import ALARMS, OLD_LETTERS, QUEUES


def test_every_operation_of_the_contract_is_a_route_to_its_function(
    graph: Sequence[Declared],
) -> None:
    routes = {
        one["routeKey"]: one["target"]
        for name, one in of(graph, "Route").items()
        # A trial stack's mock is called by our own functions only: it is in no contract.
        if not name.startswith("mock-")
    }
    paths = read_yaml(CONTRACT)["paths"]
    expected = {
        f"{method.upper()} {path}": described["x-penstock-function"]
        for path, item in paths.items()
        for method, described in item.items()
        # Operators' commands have no route unless a stack turns them on.
        if described["x-penstock-function"] != "operate"
    }

    assert {
        route: f"integrations/${{Integration/{function}.id}}"
        for route, function in {**expected, "$default": "api"}.items()
    } == routes


@pytest.mark.parametrize(
    "described", ["{}", "{operationId: a}", "{operationId: a, x-penstock-function: sweep}"]
)
def test_an_operation_that_nothing_serves_is_named(tmp_path: Path, described: str) -> None:
    contract = tmp_path / "api.yaml"
    contract.write_text(f"paths: {{/a: {{get: {described}}}}}")
    with pytest.raises(ConfigError, match="GET /a needs an operationId"):
        operations(contract)


def test_functions_are_given_what_they_read(graph: Sequence[Declared]) -> None:
    for name, one in of(graph, "Function").items():
        stage = name.partition("-")[0]
        if stage not in ("receive", "mock"):
            variables = dict(one["environment"]["variables"])
            if variables.get("PENSTOCK_API_URL", "").startswith("${"):
                # Without a domain AWS gives the address, which the graph does not know.
                variables["PENSTOCK_API_URL"] = "https://a1.execute-api.us-east-1.amazonaws.com"
            Settings.read(variables, Function(stage))


def test_a_function_is_given_no_other_plugins_settings(graph: Sequence[Declared]) -> None:
    functions = of(graph, "Function")
    slack = functions["deliver-slack"]["environment"]["variables"]

    assert not [name for name in slack if name.startswith(("SINK_EMAIL_", "PROVIDER_"))]
    assert "SINK_EMAIL_SENDER" in functions["deliver-email"]["environment"]["variables"]


def test_prod_answers_to_its_own_name_only(graphs: Mapping[str, Sequence[Declared]]) -> None:
    prod, dev = graphs["prod"], graphs["dev"]

    assert of(prod, "Api")["api"]["disableExecuteApiEndpoint"]
    assert not of(dev, "Api")["api"]["disableExecuteApiEndpoint"]
    assert not of(dev, "DomainName")
    assert (
        "https://pay.example.com"
        == (of(prod, "Function")["api"]["environment"]["variables"]["PENSTOCK_API_URL"])
    )


def test_a_domain_is_proven_and_has_addresses_of_both_kinds(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    records = of(graphs["prod"], "Record")
    target = "${DomainName/api.targetDomainName}"

    assert {"api-a": "A", "api-aaaa": "AAAA"} == {
        name: one["type"] for name, one in records.items() if "aliases" in one
    }
    assert {target} == {r["aliases"][0]["name"] for r in records.values() if "aliases" in r}
    assert ["${Certificate/api.resourceRecordValue}"] == records["api-validation"]["records"]
    assert (
        "dualstack"
        == (of(graphs["prod"], "DomainName")["api"]["domainNameConfiguration"]["ipAddressType"])
    )


def test_requests_are_limited_and_logged_without_their_bodies(graph: Sequence[Declared]) -> None:
    stage = of(graph, "Stage")["api"]
    log = json.loads(stage["accessLogSettings"]["format"])

    assert {"throttlingRateLimit": 100, "throttlingBurstLimit": 200} == (
        stage["defaultRouteSettings"]
    )
    assert {"requestId", "ip", "route", "status", "ms", "stack"} == set(log)


def test_functions_are_followed_and_held_back_as_the_stack_says(dev: dict[str, Any]) -> None:
    limits = {"reservedConcurrency": {"charge": 5}, "maximumConcurrency": 3, "tracing": False}
    graph = capture("dev", {**dev, **limits})
    functions = of(graph, "Function")

    assert {"charge": 5} == {
        name: one["reservedConcurrentExecutions"]
        for name, one in functions.items()
        if "reservedConcurrentExecutions" in one
    }
    assert {"PassThrough"} == {one["tracingConfig"]["mode"] for one in functions.values()}
    assert {3} == {
        one["scalingConfig"]["maximumConcurrency"]
        for one in of(graph, "EventSourceMapping").values()
    }


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_lambda_writes_of_what_went_wrong_only_and_leaves_our_lines_to_us(
    dev: dict[str, Any], level: str
) -> None:
    functions = of(capture("dev", {**dev, "logLevel": level}), "Function")

    assert [{"logFormat": "JSON", "systemLogLevel": "WARN", "applicationLogLevel": level}] == (
        [dict(one) for one in {tuple(f["loggingConfig"].items()) for f in functions.values()}]
    )


def test_each_thing_that_can_go_wrong_has_its_alarm(graph: Sequence[Declared]) -> None:
    alarms = of(graph, "MetricAlarm")
    queues = {name for name in of(graph, "Queue") if not name.endswith("-dlq")} - {"rejected"}
    functions = set(of(graph, "Function"))

    assert alarms.keys() == {
        *(f"{kind}-{q}" for kind in QUEUES for q in queues),
        *(f"{kind}-{f}" for kind in ("function-errors", "function-throttles") for f in functions),
        *(f"retries-{stage}" for stage in ("verify", "process", "charge", "deliver", "sweep")),
        *OLD_LETTERS,
        *ALARMS,
    }


def test_what_an_alarm_counts_is_counted(graph: Sequence[Declared]) -> None:
    counted = {
        one["metricTransformation"]["name"]: one["pattern"]
        for one in of(graph, "LogMetricFilter").values()
        if one["metricTransformation"]["unit"] == "Count"
    }
    watched = {
        one["metricName"]
        for one in of(graph, "MetricAlarm").values()
        if one["namespace"] == "Penstock"
    }

    # Retries are counted in the metric of what each item took.
    assert watched == {*counted, "ms"}
    assert '{$.event = "operation.unknown"}' == counted["OperationsUnknown"]


def test_people_are_told_by_mail(graphs: Mapping[str, Sequence[Declared]]) -> None:
    mailed = {
        stack: [
            s["endpoint"] for s in of(g, "TopicSubscription").values() if s["protocol"] == "email"
        ]
        for stack, g in graphs.items()
    }

    assert {"dev": [], "prod": ["payments-oncall@example.com"]} == mailed


def test_a_budget_is_made_where_one_is_set(
    graphs: Mapping[str, Sequence[Declared]], dev: dict[str, Any]
) -> None:
    """
    Not in dev: a new account, or one of an organization, may refuse it.
    """
    amounts = {
        s: [one["limitAmount"] for one in of(g, "Budget").values()] for s, g in graphs.items()
    }

    assert {"dev": [], "prod": ["200.0"]} == amounts
    (own,) = of(capture("dev", {**dev, "penstock:monthlyBudgetUsd": 20}), "Budget").values()
    assert "20.0" == own["limitAmount"]


def test_the_dashboard_shows_every_queue_and_function(graph: Sequence[Declared]) -> None:
    shown = json.dumps(json.loads(of(graph, "Dashboard")["dashboard"]["dashboardBody"]))
    named = [*of(graph, "Queue").values(), *of(graph, "Function").values()]

    assert [] == [one["name"] for one in named if f'"{one["name"]}"' not in shown]
