"""
Each alarm's condition, made true: as far as the emulator can tell.

It evaluates alarms when metrics are put, and tells their topic. It has no metrics of its own (of
queues, functions, the API) and makes none of logs: so the numbers are put by hand, and for what is
counted in logs the function really logs it and the filter of its own log group matches that line.
It takes no account of dimensions, of periods in a row and of missing data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.signals import COUNTED
from tests.e2e.world import World, until
from tests.infra.stacks import ALARMS, OLD_LETTERS

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
_PATTERN = re.compile(r'\{\s*\$\.event = "([a-z_.]+)"\s*\}')
KINDS = (
    "dead-letters-payments",
    "old-messages-verified",
    "in-flight-payments",
    "function-errors-charge",
    "function-throttles-receive",
    *OLD_LETTERS,
    *ALARMS,
)
ELSEWHERE = ("retries-process",)
"""
It counts the values of a metric that other alarms read, and the emulator takes no account of
dimensions, so it is not quiet here: `test_alarm_chain.py` has it.
"""


@pytest.fixture(scope="module")
def told(_one_world: World) -> Iterator[str]:
    """A queue on the topic of alerts: what a person would be told."""
    platform = _one_world.platform
    (alarm,) = platform.client("cloudwatch").describe_alarms(
        AlarmNames=["penstock-local-api-errors"]
    )["MetricAlarms"]
    (topic,) = alarm["AlarmActions"]
    sqs = platform.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    platform.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    yield url
    sqs.delete_queue(QueueUrl=url)


def alarm(world: World, name: str) -> Mapping[str, Any]:
    client = world.platform.client("cloudwatch")
    (found,) = client.describe_alarms(AlarmNames=[f"penstock-local-{name}"])["MetricAlarms"]
    return dict(found)


def becomes(world: World, name: str, state: str) -> None:
    """Wait until an alarm is in a state: it is evaluated some time after it was measured."""
    until(lambda: state == alarm(world, name)["StateValue"], what=f"{state} of {name}")


def measure(world: World, of: Mapping[str, Any], value: float) -> None:
    """Put what AWS, or the metric filter, would have measured."""
    world.platform.client("cloudwatch").put_metric_data(
        Namespace=of["Namespace"],
        MetricData=[
            {"MetricName": of["MetricName"], "Dimensions": of["Dimensions"], "Value": value}
        ],
    )


@pytest.mark.parametrize("name", KINDS)
def test_an_alarm_is_quiet_until_its_condition_holds_and_then_tells(
    world: World, told: str, name: str
) -> None:
    watched = alarm(world, name)
    if watched["ComparisonOperator"] == "LessThanThreshold":
        # A delivery that came cannot be taken back within the hour: so the silence comes first.
        measure(world, watched, 0)
        becomes(world, name, "ALARM")
        measure(world, watched, watched["Threshold"])
        becomes(world, name, "OK")
    else:
        measure(world, watched, 0)
        becomes(world, name, "OK")
        # A percentile of two numbers lies between them.
        more = 2 if "ExtendedStatistic" in watched else 1
        measure(world, watched, watched["Threshold"] * more)
        becomes(world, name, "ALARM")

    until(lambda: world.waiting(told, f"penstock-local-{name}"), what="the message to people")


def test_every_kind_of_alarm_is_among_those_made_true(world: World) -> None:
    client = world.platform.client("cloudwatch")
    pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix="penstock-local-")
    there = {
        one["AlarmDescription"].rpartition("#")[2] for p in pages for one in p["MetricAlarms"]
    }

    assert there == {
        kind for kind in there for name in (*KINDS, *ELSEWHERE) if name.startswith(kind)
    }


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
