"""Every log group has the filters it needs, and each filter was seen to count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from infra.asks import ASKS
from infra.graph.monitor import Declared
from infra.rules.view import of
from infra.signals import ANYTHING, COUNTED
from tests.infra.scenes import SCENES
from tests.infra.stacks import STACKS


def test_all_that_functions_log_is_counted_for_a_host_of_ones_own(
    graphs: Mapping[str, Sequence[Declared]], served: Sequence[Declared]
) -> None:
    (group,) = [g for name, g in of(served, "LogGroup").items() if name == "serve"]
    by_group = [
        one["metricTransformation"]["name"]
        for one in of(served, "LogMetricFilter").values()
        if one["logGroupName"] == group["name"]
    ]

    assert ("/penstock/prod/serve", 90) == (group["name"], group["retentionInDays"])
    assert {*COUNTED, "ms", "DeadLetterDays"} == set(by_group)
    assert "serve" not in of(graphs["prod"], "LogGroup")


# The code of `deliver-slack`, and of `api`.
SAME = {
    ("StagesFailed", "deliver-email"),
    ("SinksDisabled", "deliver-email"),
    ("StagesFailed", "merchant"),
}


# What a third party's plugin may log there; PayPal's does not.
ELSEWHERE = {
    (metric, function)
    for metric in ("RateLimited", "GatewayDenied")
    for function in ("verify", "charge")
}


# The client that process runs too, for another request.
ASKED = {
    (metric, function)
    for metric in ("RateLimited", "GatewayDenied")
    for function in ("merchant", "gaps")
}


# The code that process runs too, at another time.
SWEPT = {
    ("RateLimited", "sweep"),
    ("GatewayDenied", "sweep"),
    ("InvoiceRefundsRefused", "sweep"),
    ("WebhooksFetched", "sweep"),
}


def test_every_filter_of_the_stack_was_seen_to_count(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    groups = {one["name"]: name for name, one in of(graphs["prod"], "LogGroup").items()}
    there = {
        (one["metricTransformation"]["name"], groups[one["logGroupName"]])
        for one in of(graphs["prod"], "LogMetricFilter").values()
        if one["metricTransformation"]["name"] != "ms"
    }
    seen = {(metric, scene.function) for scene in SCENES for metric in scene.expected}

    assert there == {
        *seen,
        *ELSEWHERE,
        *ASKED,
        *SWEPT,
        *SAME,
        ("DeliveriesReceived", "receive"),
        ("StagesFailed", "receive"),
        ("WebhooksTooLarge", "api-access"),
        ("WebhooksThrottled", "api-access"),
    }


@pytest.mark.parametrize("metric", ["RateLimited", "GatewayDenied"])
@pytest.mark.parametrize("stack", STACKS)
def test_every_function_that_runs_a_gateways_plugin_counts_what_its_api_refuses(
    graphs: Mapping[str, Sequence[Declared]], stack: str, metric: str
) -> None:
    """
    Such a function knows the gateways; so do `api` and `receive`, whose zips have no plugin.
    """
    graph = graphs[stack]
    asking = {
        name
        for name, one in of(graph, "Function").items()
        if name not in ("api", "receive")
        and "PENSTOCK_GATEWAYS" in one["environment"]["variables"]
    }
    groups = {one["name"]: name for name, one in of(graph, "LogGroup").items()}
    counting = {
        groups[one["logGroupName"]]
        for one in of(graph, "LogMetricFilter").values()
        if one["metricTransformation"]["name"] == metric
    }

    assert {"verify", "process", "charge", "sweep", "gaps"} <= asking
    assert asking == counting


def test_a_bug_is_counted_in_every_function(graphs: Mapping[str, Sequence[Declared]]) -> None:
    graph = graphs["prod"]
    groups = {one["name"]: name for name, one in of(graph, "LogGroup").items()}
    counting = [
        groups[one["logGroupName"]]
        for one in of(graph, "LogMetricFilter").values()
        if one["metricTransformation"]["name"] == "StagesFailed"
    ]

    assert sorted(of(graph, "Function")) == sorted(counting)


def test_what_is_counted_follows_from_what_a_function_may_ask_gateways_for() -> None:
    names = ("receive", "api", "deliver-slack", *ASKS)
    by_capability = {
        capability: {one for one in names if capability in ASKS.get(one, ())}
        for capability in ANYTHING
    }

    assert by_capability["invoices"] == set(COUNTED["InvoicesUnrecorded"].logged_by(names))
    assert by_capability["history"] == set(COUNTED["WebhooksMissed"].logged_by(names))
    assert set(ASKS) == set(COUNTED["RateLimited"].logged_by(names))
    assert set(names) == set(COUNTED["StagesFailed"].logged_by(names))


def test_every_stage_is_measured_once(graphs: Mapping[str, Sequence[Declared]]) -> None:
    for graph in graphs.values():
        groups = {one["name"]: name for name, one in of(graph, "LogGroup").items()}
        measured = [
            groups[one["logGroupName"]]
            for one in of(graph, "LogMetricFilter").values()
            if one["metricTransformation"]["name"] == "ms"
        ]

        unmeasured = {"api", "merchant", "gaps", "renew", "mock-example"}
        assert sorted(set(of(graph, "Function")) - unmeasured) == sorted(measured)
