"""
From what happens to the person who is told, for each alarm on our own signals.

    the real code's log line → the deployed filter → PutMetricData → ALARM → the alert

The emulator makes no metrics of logs, so the pattern is evaluated by `filter_pattern.py` and the
value put as CloudWatch would.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
import structlog

from penstock import observability
from tests.e2e.test_alarms import alarm, becomes, measure, told
from tests.e2e.world import World, until
from tests.infra import mishaps, scenes
from tests.infra.filter_pattern import matcher, select
from tests.infra.stacks import ALARMS, OLD_LETTERS

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
__all__ = ["told"]

CAUSES: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "forged-deliveries": ("verify", scenes.forged),
    "rejected-growing": ("process", scenes.contradicted),
    "altered-deliveries": ("process", scenes.two_bodies_under_one_transmission),
    "disputes": ("process", mishaps.dispute_opened),
    "rate-limited": ("process", scenes.rate_limited),
    "gateway-denied": ("process", scenes.denied),
    "unknown-operations": ("charge", scenes.charge_not_answered),
    "unrecorded-invoices": ("process", scenes.invoice_not_recorded),
    "refused-invoice-refunds": ("process", scenes.refund_refused_on_the_invoice),
    "fetched-webhooks": ("gaps", scenes.webhook_lost),
    "missed-webhooks": ("gaps", scenes.webhook_lost),
    "old-dead-letters-3-days": ("renew", mishaps.letter_of_three_days),
    "old-dead-letters-9-days": ("renew", mishaps.letter_of_nine_days),
    "stage-failures": ("deliver-slack", mishaps.deliver_meets_a_bug),
    "disabled-sinks": ("deliver-slack", mishaps.endpoint_is_gone),
    "sweep-unfinished": ("sweep", mishaps.sweep_without_ledger),
    "failed-gap-detector": ("gaps", scenes.list_not_answered),
}
"""Whose log says it, and what happens."""
RETRIES: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "retries-verify": ("verify", mishaps.verify_meets_a_bug),
    "retries-process": ("process", scenes.rate_limited),
    "retries-charge": ("charge", scenes.charge_not_answered),
    "retries-deliver": ("deliver-slack", mishaps.deliver_meets_a_bug),
    "retries-sweep": ("sweep", mishaps.sweep_meets_a_bug),
}
"""The same of each stage."""
ENDS: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "sweep-silent": ("sweep", mishaps.swept),
    "gaps-silent": ("gaps", mishaps.gaps_found_nothing),
}
"""What ends an alarm on silence."""
ANSWERS = {"oversize-webhooks": "413", "throttled-webhooks": "429"}
"""By the API's access log."""
NATIVE = {"api-errors", "api-latency"}
"""AWS's own metrics; `no-deliveries` is made true in `test_alarms.py`, where webhooks arrive."""


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[Any], list[str]]]:
    """What a function of the local stack logs while something happens."""
    handlers, level = logging.root.handlers, logging.root.level
    observability.configure("INFO", "local")

    def happen(play: Callable[[], Any]) -> list[str]:
        capsys.readouterr()
        asyncio.run(play())
        return capsys.readouterr().out.splitlines()

    yield happen
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level


def test_every_alarm_of_ours_has_its_cause_here() -> None:
    causes = {*CAUSES, *ENDS, *ANSWERS, *NATIVE, "no-deliveries"}

    assert {*ALARMS, *OLD_LETTERS} == causes


def test_every_stage_that_retries_has_its_cause_here(world: World) -> None:
    found = world.platform.client("cloudwatch").describe_alarms(
        AlarmNamePrefix="penstock-local-retries-"
    )

    assert {f"penstock-local-{one}" for one in RETRIES} == {
        one["AlarmName"] for one in found["MetricAlarms"]
    }


@pytest.mark.parametrize("name", [*CAUSES, *RETRIES])
def test_what_happens_reaches_a_person(
    world: World, told: str, written: Callable[[Any], list[str]], name: str
) -> None:
    function, play = {**CAUSES, **RETRIES}[name]
    raised(world, told, name, _group(world, function), written(play))


@pytest.mark.parametrize("name", ANSWERS)
def test_what_the_api_turns_away_reaches_a_person(world: World, told: str, name: str) -> None:
    stage = world.platform.client("apigatewayv2").get_stages(ApiId=_api(world))["Items"][0][
        "AccessLogSettings"
    ]
    known = {"status": ANSWERS[name], "routeKey": "POST /webhooks/{gateway}"}
    line = re.sub(r"\$context\.([\w.]+)", lambda one: known.get(one[1], "-"), stage["Format"])
    group = stage["DestinationArn"].partition(":log-group:")[2].removesuffix(":*")
    raised(world, told, name, group, [line])


@pytest.mark.parametrize("name", ENDS)
def test_silence_reaches_a_person_and_a_run_ends_it(
    world: World, told: str, written: Callable[[Any], list[str]], name: str
) -> None:
    function, play = ENDS[name]
    watched = alarm(world, name)
    _set(world, name, "OK")
    measure(world, watched, 0)
    silent = alarm(world, name)["StateValue"]
    values = counted(world, _group(world, function), written(play), watched)
    put(world, watched, values)

    assert ("breaching", [1.0]) == (watched["TreatMissingData"], [one for _, one in values])
    becomes(world, name, "OK")
    assert silent in ("ALARM", "OK")
    until(lambda: world.waiting(told, f"penstock-local-{name}"), what="the message to people")


Values = Sequence[tuple[Mapping[str, str], float]]


def raised(world: World, told: str, name: str, group: str, lines: Sequence[str]) -> None:
    """These lines, as often as the alarm wants them, raise it and tell a person."""
    watched = alarm(world, name)
    values = counted(world, group, lines, watched)
    assert values, "no deployed filter counts a line of it"
    _set(world, name, "OK")
    times = math.ceil(watched["Threshold"] / len(values)) if _adds_up(watched) else 1
    put(world, watched, [*values] * times)

    becomes(world, name, "ALARM")
    until(lambda: world.waiting(told, f"penstock-local-{name}"), what="the message to people")


def _adds_up(watched: Mapping[str, Any]) -> bool:
    return watched["Statistic"] in ("Sum", "SampleCount")


def counted(world: World, group: str, lines: Sequence[str], watched: Mapping[str, Any]) -> Values:
    """What the deployed filters of a log group make of lines, for the metric of an alarm."""
    filters = world.platform.client("logs").describe_metric_filters(logGroupName=group)
    wanted = {one["Name"]: one["Value"] for one in watched["Dimensions"]}
    found: list[tuple[Mapping[str, str], float]] = []
    for one in filters["metricFilters"]:
        (to,) = one["metricTransformations"]
        if to["metricName"] != watched["MetricName"]:
            continue
        for line in map(json.loads, filter(matcher(one["filterPattern"]), lines)):
            # In memory a batch has no function to be named by.
            if line.get("stage") == "test":
                line["stage"] = wanted.get("stage")
            named = {name: str(select(way, line)) for name, way in to["dimensions"].items()}
            value = to["metricValue"]
            if named == wanted:
                found.append((named, float(select(value, line) if "$" in value else value)))
    return found


def put(world: World, watched: Mapping[str, Any], values: Values) -> None:
    """Hand the values in, as CloudWatch does for a filter."""
    world.platform.client("cloudwatch").put_metric_data(
        Namespace=watched["Namespace"],
        MetricData=[
            {
                "MetricName": watched["MetricName"],
                "Dimensions": [{"Name": name, "Value": one} for name, one in named.items()],
                "Value": value,
            }
            for named, value in values
        ],
    )


def _set(world: World, name: str, state: str) -> None:
    world.platform.client("cloudwatch").set_alarm_state(
        AlarmName=f"penstock-local-{name}", StateValue=state, StateReason="the test begins"
    )


def _group(world: World, function: str) -> str:
    return f"/aws/lambda/{world.platform.outputs['functions'][function]}"


def _api(world: World) -> str:
    found = world.platform.client("apigatewayv2").get_apis()["Items"]
    return next(one["ApiId"] for one in found if one["Name"].startswith("penstock-local"))
