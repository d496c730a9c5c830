"""
From what happens to the person who is told, for each alarm on our own signals.

    the real code's log line → the deployed filter → PutMetricData → ALARM → the alert

The emulator makes no metrics of logs, so the pattern is evaluated by `filter_pattern.py` and the
value put as CloudWatch would.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from penstock import observability
from tests.e2e.alarms import (
    Alarm,
    apart,
    becomes,
    deployed,
    measure,
    reaches_a_person,
    told,
)
from tests.e2e.world import World
from tests.infra import mishaps, scenes
from tests.infra.filter_pattern import matcher, select
from tests.infra.stacks import ALARMS, OLD_LETTERS
from tests.leaving import logging_restored

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
__all__ = ["apart", "told"]

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

    def happen(play: Callable[[], Any]) -> list[str]:
        capsys.readouterr()
        asyncio.run(play())
        return capsys.readouterr().out.splitlines()

    with logging_restored():
        observability.configure("INFO", "local")
        yield happen


@dataclass(frozen=True)
class Chain:
    """What stands between a log line and a person, in the running platform."""

    world: World
    told: str
    apart: Callable[[str], Alarm]
    written: Callable[[Any], list[str]]

    def raises(self, name: str, group: str, lines: Sequence[str]) -> None:
        """These lines, as often as the alarm wants them, raise it and tell a person."""
        values, watched = self.counted(name, group, lines), self.apart(name)
        assert values, "no deployed filter counts a line of it"
        adds_up = watched["Statistic"] in ("Sum", "SampleCount")
        times = math.ceil(watched["Threshold"] / len(values)) if adds_up else 1
        measure(self.world, watched, *(values * times))

        becomes(self.world, watched, "ALARM")
        reaches_a_person(self.world, self.told, watched)

    def counted(self, name: str, group: str, lines: Sequence[str]) -> list[float]:
        """What the deployed filters of a log group make of lines, for the metric of an alarm."""
        watched = deployed(self.world, name)
        wanted = {one["Name"]: one["Value"] for one in watched["Dimensions"]}
        logs = self.world.platform.client("logs")
        found: list[float] = []
        for one in logs.describe_metric_filters(logGroupName=group)["metricFilters"]:
            (to,) = one["metricTransformations"]
            metric = (to["metricNamespace"], to["metricName"])
            if metric != (watched["Namespace"], watched["MetricName"]):
                continue
            for line in map(json.loads, filter(matcher(one["filterPattern"]), lines)):
                # In memory a batch has no function to be named by.
                if line.get("stage") == "test":
                    line["stage"] = wanted.get("stage")
                value = to["metricValue"]
                if wanted == {
                    key: str(select(way, line)) for key, way in to["dimensions"].items()
                }:
                    found.append(float(select(value, line) if "$" in value else value))
        return found

    def group(self, function: str) -> str:
        """The log group of a function."""
        return f"/aws/lambda/{self.world.platform.outputs['functions'][function]}"

    def access_log(self) -> Mapping[str, Any]:
        """How the API logs its requests, and where to."""
        client = self.world.platform.client("apigatewayv2")
        apis = client.get_apis()["Items"]
        api = next(one["ApiId"] for one in apis if one["Name"].startswith("penstock-local"))
        return dict(client.get_stages(ApiId=api)["Items"][0]["AccessLogSettings"])


@pytest.fixture
def chain(
    world: World,
    told: str,
    apart: Callable[[str], Alarm],
    written: Callable[[Any], list[str]],
) -> Chain:
    return Chain(world, told, apart, written)


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
def test_what_happens_reaches_a_person(chain: Chain, name: str) -> None:
    function, play = {**CAUSES, **RETRIES}[name]

    chain.raises(name, chain.group(function), chain.written(play))


@pytest.mark.parametrize("name", ANSWERS)
def test_what_the_api_turns_away_reaches_a_person(chain: Chain, name: str) -> None:
    logged = chain.access_log()
    known = {"status": ANSWERS[name], "routeKey": "POST /webhooks/{gateway}"}
    line = re.sub(r"\$context\.([\w.]+)", lambda one: known.get(one[1], "-"), logged["Format"])
    group = logged["DestinationArn"].partition(":log-group:")[2].removesuffix(":*")

    chain.raises(name, group, [line])


@pytest.mark.parametrize("name", ENDS)
def test_silence_reaches_a_person_and_a_run_ends_it(chain: Chain, name: str) -> None:
    function, play = ENDS[name]
    world, watched = chain.world, chain.apart(name)
    measure(world, watched, 0)
    becomes(world, watched, "ALARM")
    values = chain.counted(name, chain.group(function), chain.written(play))
    measure(world, watched, *values)

    assert ("breaching", [1.0]) == (watched["TreatMissingData"], values)
    becomes(world, watched, "OK")
    reaches_a_person(world, chain.told, watched)
