"""
What the alarms count in logs is what the runtime writes: the graph's own filters over real lines.

Each scene runs a stage in memory with the logging of a function, and says what must be counted of
all it wrote, by all filters on that function's log group. The lines of the API's access log are
made of the stage's own format, as API Gateway fills it in.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog

from infra.asks import ASKS
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules.view import of
from infra.signals import ANYTHING, COUNTED
from penstock import contracts, observability
from penstock.contracts import Checked
from penstock.entrypoints.functions.receive import build
from penstock.entrypoints.http.handlers import Call, Handlers
from tests.infra import mishaps
from tests.infra.filter_pattern import matcher, select
from tests.infra.scene import Counts, Scene
from tests.infra.scenes import SCENES, charge_not_answered, rate_limited
from tests.infra.stacks import STACKS
from tests.unit.entrypoints import test_receive as receiving
from tests.unit.entrypoints.stand import Stand


@pytest.fixture(scope="session")
def served(bundles: Path) -> Sequence[Declared]:
    """A stack of prod's whose queues `penstock serve` consumes."""
    config = {**stack_config("prod"), "bundles": str(bundles), "consumers": "serve"}
    return capture("prod", config)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[str]]]:
    """What a function of prod has written to its log, with the logging that it really has."""
    handlers, level = logging.root.handlers, logging.root.level
    observability.configure("INFO", "prod")
    yield lambda: capsys.readouterr().out.splitlines()
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level


def counted(graph: Sequence[Declared], group: str, stack: str, written: Sequence[str]) -> Counts:
    """What the filters on a log group make of its lines, by metric."""
    found: Counter[str] = Counter()
    for name, dimensions, value in made(graph, group, written):
        if name != "ms":
            assert {"Stack": stack} == dimensions
            found[name] += int(value)
    return found


def made(
    graph: Sequence[Declared], group: str, written: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """What the filters on a log group make of its lines: metric, dimensions, value."""
    physical = of(graph, "LogGroup")[group]["name"]
    for one in of(graph, "LogMetricFilter").values():
        if physical != one["logGroupName"]:
            continue
        to = one["metricTransformation"]
        for line in map(json.loads, filter(matcher(one["pattern"]), written)):
            value = to["value"]
            named = {name: select(field, line) for name, field in to["dimensions"].items()}
            # CloudWatch drops a value whose dimension the line does not have.
            assert None not in named.values(), line
            yield to["name"], named, select(value, line) if value.startswith("$") else value


def took(
    graph: Sequence[Declared], group: str, written: Sequence[str]
) -> list[tuple[Mapping[str, Any], Any]]:
    """Each measured millisecond value of a log group, with its dimensions."""
    return [(named, value) for name, named, value in made(graph, group, written) if name == "ms"]


def expected_of(written: Sequence[str]) -> list[tuple[Mapping[str, Any], Any]]:
    lines = [json.loads(line) for line in written]
    finished = [one for one in lines if one["event"] in ("stage.finished", "delivery.received")]
    return [
        ({"stack": "prod", "stage": one["stage"], "status": one["status"]}, one["ms"])
        for one in finished
    ]


@pytest.mark.parametrize("scene", [one for one in SCENES if one.items], ids=lambda scene: scene.id)
async def test_the_time_of_each_item_is_a_metric_by_stage_and_status(
    graphs: Mapping[str, Sequence[Declared]],
    served: Sequence[Declared],
    lines: Callable[[], list[str]],
    scene: Scene,
) -> None:
    await scene.play()
    written = lines()
    expected = expected_of(written)

    assert expected
    assert expected == took(graphs["prod"], scene.function, written)
    assert expected == took(served, "serve", written)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
async def test_what_happens_is_counted_once_and_nothing_else_is(
    graphs: Mapping[str, Sequence[Declared]], lines: Callable[[], list[str]], scene: Scene
) -> None:
    await scene.play()
    written = lines()

    assert written
    for stack in STACKS:
        of_it = [line.replace('"prod"', f'"{stack}"') for line in written]
        assert scene.expected == counted(graphs[stack], scene.function, stack, of_it)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
async def test_of_a_host_of_ones_own_the_same_is_counted(
    served: Sequence[Declared], lines: Callable[[], list[str]], scene: Scene
) -> None:
    await scene.play()

    assert scene.expected == counted(served, "serve", "prod", lines())


async def test_what_a_host_of_ones_own_takes_in_is_counted(
    served: Sequence[Declared], lines: Callable[[], list[str]]
) -> None:
    stand = Stand()
    taken = Call(Checked({"gateway": "acme"}, None), {"sig": "good"}, b"{}")
    await Handlers(stand.platform, contracts.load()).receive_webhook(taken)

    assert {"DeliveriesReceived": 1} == counted(served, "serve", "prod", lines())


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


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (receiving.webhook(), {"DeliveriesReceived": 1}),
        (receiving.webhook(headers={}), {}),
        (receiving.webhook(b'"' + b"x" * 64 + b'"'), {}),
        (receiving.webhook(gateway="nobody"), {}),
    ],
    ids=["kept", "header missing", "too large", "nobody's"],
)
def test_what_comes_in_at_the_door_is_counted_once_it_is_kept(
    graphs: Mapping[str, Sequence[Declared]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    event: Mapping[str, Any],
    expected: Counts,
) -> None:
    written = received(event, receiving.Topic(), tmp_path, capsys)

    assert written
    assert expected == counted(graphs["prod"], "receive", "prod", written)
    assert expected_of(written) == took(graphs["prod"], "receive", written)


def test_a_bug_at_the_door_is_counted(
    graphs: Mapping[str, Sequence[Declared]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    topic = receiving.Topic()
    topic.failure = RuntimeError("hunter2")
    written = received(receiving.webhook(), topic, tmp_path, capsys)

    assert {"StagesFailed": 1} == counted(graphs["prod"], "receive", "prod", written)
    assert expected_of(written) == took(graphs["prod"], "receive", written)


def received(
    event: Mapping[str, Any],
    topic: receiving.Topic,
    package: Path,
    capsys: pytest.CaptureFixture[str],
) -> list[str]:
    """What `receive` of prod logs of a webhook."""
    (package / "_plugins.json").write_text(json.dumps({"plugins": [receiving.DATA_FILE]}))
    environ = {**receiving.ENVIRON, "LOG_LEVEL": "INFO", "PENSTOCK_STACK": "prod"}
    build(environ, package, lambda arn: topic)(event)
    return capsys.readouterr().out.splitlines()


RETRIES = (
    ("verify", mishaps.verify_meets_a_bug),
    ("process", rate_limited),
    ("charge", charge_not_answered),
    ("deliver-slack", mishaps.deliver_meets_a_bug),
    ("sweep", mishaps.sweep_meets_a_bug),
)


@pytest.mark.parametrize(("function", "play"), RETRIES, ids=[name for name, _ in RETRIES])
async def test_each_retry_is_a_value_of_the_metric_that_the_stages_alarm_looks_at(
    graphs: Mapping[str, Sequence[Declared]],
    lines: Callable[[], list[str]],
    function: str,
    play: Callable[[], Awaitable[None]],
) -> None:
    stage = function.partition("-")[0]
    await play()
    # In memory a batch has no function to be named by.
    written = [line.replace('"stage":"test"', f'"stage":"{stage}"') for line in lines()]
    alarm = of(graphs["prod"], "MetricAlarm")[f"retries-{stage}"]
    retried = [
        named for named, _ in took(graphs["prod"], function, written) if named["status"] == "retry"
    ]

    assert retried
    assert all(alarm["dimensions"] == named for named in retried)
    assert ("Penstock", "ms", "SampleCount") == (
        alarm["namespace"],
        alarm["metricName"],
        alarm["statistic"],
    )


def answered(graph: Sequence[Declared], **context: str) -> str:
    """A line of the access log; API Gateway writes - for what it does not know [aws]."""
    (stage,) = of(graph, "Stage").values()
    known = {name.replace("_", "."): value for name, value in context.items()}
    form = stage["accessLogSettings"]["format"]
    return re.sub(r"\$context\.([\w.]+)", lambda found: known.get(found[1], "-"), form)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"status": "413", "routeKey": "POST /webhooks/{gateway}"}, {"WebhooksTooLarge": 1}),
        ({"status": "413"}, {"WebhooksTooLarge": 1}),
        ({"status": "413", "routeKey": "POST /payments"}, {}),
        ({"status": "202", "routeKey": "POST /webhooks/{gateway}"}, {}),
        ({"status": "429", "routeKey": "POST /webhooks/{gateway}"}, {"WebhooksThrottled": 1}),
        ({"status": "429"}, {"WebhooksThrottled": 1}),
        ({"status": "429", "routeKey": "POST /payments"}, {}),
        ({"status": "503"}, {}),
    ],
    ids=[
        "ours",
        "the API's own",
        "of a payment",
        "taken",
        "throttled",
        "throttled, route unknown",
        "a payment throttled",
        "another error",
    ],
)
@pytest.mark.parametrize("stack", STACKS)
def test_a_webhook_too_large_or_too_many_is_counted_whoever_refused_it(
    graphs: Mapping[str, Sequence[Declared]],
    stack: str,
    context: Mapping[str, str],
    expected: Counts,
) -> None:
    line = answered(graphs[stack], requestId="r", identity_sourceIp="203.0.113.9", **context)

    assert expected == counted(graphs[stack], "api-access", stack, [line])


def test_the_webhooks_route_is_the_contracts_own(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    keys = {one["routeKey"] for one in of(graphs["prod"], "Route").values()}

    assert "POST /webhooks/{gateway}" in keys
    assert ["POST /webhooks/{gateway}"] == [k for k in keys if k.startswith("POST /webhooks/")]


# The code of `deliver-slack`, and of `api`.
SAME = {("StagesFailed", "deliver-email"), ("StagesFailed", "merchant")}
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

        assert sorted(set(of(graph, "Function")) - {"api", "merchant", "gaps", "renew"}) == sorted(
            measured
        )
