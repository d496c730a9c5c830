"""
Alarms as they are deployed, tried apart from each other.

The emulator keeps every measured value and looks at neither its dimensions nor the periods in a
row: what one test has measured would raise the alarm of another. So each test has a copy of the
deployed alarm, which differs in its name and its namespace alone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.e2e.world import World, until

Alarm = Mapping[str, Any]
"""As CloudWatch describes it."""


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
    sns = platform.client("sns")
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    yield url
    sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def apart(world: World) -> Iterator[Callable[[str], Alarm]]:
    """Copy the deployed alarm of a name, over a namespace that nobody else measures into."""
    client = world.platform.client("cloudwatch")
    settable = client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    made: list[str] = []

    def copy(name: str) -> Alarm:
        own = dict.fromkeys(("AlarmName", "Namespace"), f"{name}-{uuid.uuid4().hex}")
        kept = {key: value for key, value in deployed(world, name).items() if key in settable}
        client.put_metric_alarm(**{**kept, **own})
        made.append(own["AlarmName"])
        return _named(world, own["AlarmName"])

    yield copy
    client.delete_alarms(AlarmNames=made)


def deployed(world: World, name: str) -> Alarm:
    """The stack's own alarm."""
    return _named(world, f"penstock-local-{name}")


def becomes(world: World, watched: Alarm, state: str) -> None:
    """Wait until an alarm is in a state: it is evaluated some time after it was measured."""
    name = watched["AlarmName"]
    until(lambda: state == _named(world, name)["StateValue"], what=f"{state} of {name}")


def reaches_a_person(world: World, told: str, watched: Alarm) -> None:
    """Wait until the topic of alerts has told of an alarm."""
    until(lambda: world.waiting(told, watched["AlarmName"]), what="the message to people")


def measure(world: World, of: Alarm, *values: float) -> None:
    """Put what AWS, or the metric filter, would have measured."""
    world.platform.client("cloudwatch").put_metric_data(
        Namespace=of["Namespace"],
        MetricData=[
            {"MetricName": of["MetricName"], "Dimensions": of["Dimensions"], "Value": value}
            for value in values
        ],
    )


def _named(world: World, name: str) -> Alarm:
    client = world.platform.client("cloudwatch")
    (found,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)
