"""
Each alarm's condition, made true: as far as the emulator can tell.

It evaluates alarms when metrics are put, and tells their topic. It has no metrics of its own (of
queues, functions, the API) and makes none of logs: so the numbers are put by hand, and for what is
counted in logs the function really logs it and the filter of its own log group matches that line.
It takes no account of periods in a row and of missing data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.signals import COUNTED
from tests.e2e.alarms import Alarm, apart, becomes, measure, reaches_a_person, told
from tests.e2e.world import World, until
from tests.infra.stacks import ALARMS, OLD_LETTERS

__all__ = ["apart", "told"]
pytestmark = [pytest.mark.emulator, pytest.mark.slow]
_PATTERN = re.compile(r'\{\s*\$\.event = "([a-z_.]+)"\s*\}')
KINDS = (
    "dead-letters-payments",
    "old-messages-verified",
    "in-flight-payments",
    "function-errors-charge",
    "function-throttles-receive",
    *OLD_LETTERS,
    "retries-process",
    *ALARMS,
)


@pytest.mark.parametrize("name", KINDS)
def test_an_alarm_is_quiet_until_its_condition_holds_and_then_tells(
    world: World, told: str, apart: Callable[[str], Alarm], name: str
) -> None:
    watched = apart(name)
    if watched["ComparisonOperator"] == "LessThanThreshold":
        # A delivery that came cannot be taken back within the hour: so the silence comes first.
        measure(world, watched, 0)
        becomes(world, watched, "ALARM")
        measure(world, watched, watched["Threshold"])
        becomes(world, watched, "OK")
    else:
        measure(world, watched, 0)
        becomes(world, watched, "OK")
        measure(world, watched, *_enough(watched))
        becomes(world, watched, "ALARM")

    reaches_a_person(world, told, watched)


def _enough(watched: Alarm) -> list[float]:
    """What raises an alarm that has seen one zero."""
    threshold = watched["Threshold"]
    if watched.get("Statistic") == "SampleCount":
        return [1.0] * int(threshold)
    # A percentile of two numbers lies between them.
    return [threshold * 2 if "ExtendedStatistic" in watched else threshold]


def test_every_kind_of_alarm_is_among_those_made_true(world: World) -> None:
    client = world.platform.client("cloudwatch")
    pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix="penstock-local-")
    there = {
        one["AlarmDescription"].rpartition("#")[2] for p in pages for one in p["MetricAlarms"]
    }

    assert there == {kind for kind in there for name in KINDS if name.startswith(kind)}


class TestWhatIsCountedInLogs:
    def test_deliveries_that_came_and_that_were_kept_apart(self, world: World) -> None:
        sent = world.send_webhook(forge=True)
        until(lambda: world.rejected(sent), what="the rejection")

        self.counted(world, "DeliveriesReceived", "receive")
        self.counted(world, "DeliveriesRejected", "verify")

    def test_a_rate_limit(self, world: World) -> None:
        world.fault("paypal", path="^/v1/payments/sale", status=429, times=1)
        world.send_webhook()

        self.counted(world, "RateLimited", "process")

    def test_credentials_that_may_not(self, world: World) -> None:
        world.fault("paypal", path="^/v1/payments/sale", status=403, times=1)
        world.send_webhook()

        self.counted(world, "GatewayDenied", "process")

    def test_a_charge_whose_answer_is_lost(self, world: World) -> None:
        world.fault("example", path="/charges$", method="POST", status=500, times=1)
        world.send_payment()

        self.counted(world, "OperationsUnknown", "charge")

    def test_an_invoice_that_was_sent_and_not_recorded(self, world: World) -> None:
        world.fault("paypal", path="/payments$", method="POST", status=503, times=1)
        sent = world.send_webhook()

        self.counted(world, "InvoicesUnrecorded", "process")
        until(lambda: world.slack(sent.payment, "invoice.paid"), what="the record")

    def counted(self, world: World, metric: str, function: str) -> None:
        """The function's log has a line that the filter on it counts, for this very stack."""
        logs = world.platform.client("logs")
        group = f"/aws/lambda/{world.platform.outputs['functions'][function]}"
        filters = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
        (made,) = [one for one in filters if one["filterName"] == metric]
        pattern = _PATTERN.fullmatch(made["filterPattern"])
        assert pattern is not None
        assert COUNTED[metric].events == (pattern[1],)
        (to,) = made["metricTransformations"]

        def lines() -> list[Mapping[str, Any]]:
            found = logs.filter_log_events(logGroupName=group, filterPattern=f'"{pattern[1]}"')
            parsed = [json.loads(e["message"]) for e in found["events"] if e["message"][0] == "{"]
            return [line for line in parsed if line["event"] == pattern[1]]

        counted = until(lines, what=f"a line {pattern[1]}")
        assert {"Stack": "$.stack"} == to["dimensions"]
        assert {"local"} == {line["stack"] for line in counted}
