"""Rules on alarms and where they go."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from infra.rules.view import Graph, Inputs, dead_letter_queues, of, referred, statements

_PARKED = "ApproximateNumberOfMessagesVisible"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
_ENCRYPT = {"kms:Decrypt", "kms:GenerateDataKey*"}
_ANOTHERS = re.compile(r"arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[\w-]+", re.ASCII)
_SERVICES = {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}


def dead_letter_queues_have_an_alarm(graph: Graph) -> Iterator[str]:
    """On the first message that is parked."""
    queues = of(graph, "Queue")
    for queue, dlq in dead_letter_queues(graph).items():
        there = queues.get(dlq)
        if there and not _watched(graph, _PARKED, "QueueName", there, most=1):
            yield f"nobody is told of what is parked for {queue}"


def consumed_queues_have_an_alarm_on_their_age(graph: Graph) -> Iterator[str]:
    """That nothing moves is seen by what waits, whatever it is that stands still."""
    queues = of(graph, "Queue")
    for name, one in of(graph, "EventSourceMapping").items():
        queue = queues[referred(one["eventSourceArn"], "Queue") or ""]
        if not _watched(graph, "ApproximateAgeOfOldestMessage", "QueueName", queue):
            yield f"nobody is told of what waits for {name}"


def consumed_queues_have_an_alarm_before_they_are_full(graph: Graph) -> Iterator[str]:
    """
    On half of what a FIFO queue can have in flight: at the limit SQS hands out nothing, and says
    nothing. The age of a queue does not tell: one message that fails raises its alarm for days.
    """
    queues = of(graph, "Queue")
    for name, one in of(graph, "EventSourceMapping").items():
        queue = queues[referred(one["eventSourceArn"], "Queue") or ""]
        if not _watched(graph, _IN_FLIGHT, "QueueName", queue, most=60_000):
            yield f"nobody is told that the queue of {name} is half full"


def functions_have_alarms(graph: Graph) -> Iterator[str]:
    """On what they throw, and on what keeps them from running."""
    for name, one in of(graph, "Function").items():
        for metric in ("Errors", "Throttles"):
            if not _watched(graph, metric, "FunctionName", one):
                yield f"nobody is told of {metric.lower()} of {name}"


def alarms_go_to_standard_topics_that_let_them_in(graph: Graph) -> Iterator[str]:
    """
    Neither CloudWatch nor budgets can publish to FIFO topics, nor where they are not let in: by
    the topic's policy, and by its key's.
    """
    topics = of(graph, "Topic")
    admitting = _admitting(graph)
    for name, told in _told(graph):
        if not told:
            yield f"{name} tells nobody"
        # Of a topic that is not ours only the name is known: a FIFO one has it in its own.
        ours = [arn for arn in told if not _ANOTHERS.fullmatch(arn)]
        for topic in (referred(arn, "Topic") for arn in ours):
            if topic is None or topics[topic].get("fifoTopic"):
                yield f"{name} goes to no standard topic"
            elif topic not in admitting:
                yield f"{name} goes to a topic that lets no alarm or budget in"
            elif not _keyed(graph, topics[topic]):
                yield f"{name} goes to a topic whose key lets no alarm or budget in"


def budgets_wait_for_their_topics_policy(graph: Graph) -> Iterator[str]:
    """AWS looks at it when the budget is made, and refuses one that could tell nobody."""
    policies = {
        referred(one.inputs["arn"], "Topic"): one.urn
        for one in graph
        if one.custom and one.type.endswith(":TopicPolicy")
    }
    for one in graph:
        if not one.custom or not one.type.endswith(":Budget"):
            continue
        for notice in one.inputs.get("notifications") or ():
            for arn in notice.get("subscriberSnsTopicArns") or ():
                topic = referred(arn, "Topic")
                if topic and policies.get(topic) not in one.dependencies:
                    yield f"budget {one.name} may be made before its topic lets it in"


def _told(graph: Graph) -> Iterator[tuple[str, Sequence[str]]]:
    """Whom each alarm and each notice of a budget tells."""
    for name, one in of(graph, "MetricAlarm").items():
        off = one.get("actionsEnabled") is False
        yield f"alarm {name}", () if off else one.get("alarmActions") or ()
    for name, one in of(graph, "Budget").items():
        for notice in one.get("notifications") or ({},):
            yield f"budget {name}", notice.get("subscriberSnsTopicArns") or ()


def _admitting(graph: Graph) -> set[str]:
    found: dict[str, set[str]] = {}
    for one in of(graph, "TopicPolicy").values():
        for statement in statements(one["policy"]):
            if statement["Effect"] == "Allow" and "sns:Publish" in statement["Action"]:
                topic = referred(one["arn"], "Topic") or ""
                found.setdefault(topic, set()).add(statement["Principal"].get("Service", ""))
    return {topic for topic, services in found.items() if services >= _SERVICES}


def _keyed(graph: Graph, topic: Inputs) -> bool:
    """Whether alarms and budgets may use the topic's key, if it has one."""
    if not (key := topic.get("kmsMasterKeyId")):
        return True
    if str(key).startswith("arn:aws:kms:"):
        # The customer's own: docs/deploy.md says what its policy must be.
        return True
    there = of(graph, "Key").get(referred(key, "Key") or "")
    if there is None:
        return False
    letting = {
        statement["Principal"].get("Service")
        for statement in statements(there["policy"])
        if statement["Effect"] == "Allow" and _ENCRYPT.issubset(statement["Action"])
    }
    return letting >= _SERVICES


def _watched(
    graph: Graph, metric: str, dimension: str, one: Inputs, most: float = math.inf
) -> bool:
    """Whether an alarm is raised by a metric of one thing, at `most` at the latest."""
    return any(
        alarm["metricName"] == metric
        and alarm["dimensions"].get(dimension) == one["name"]
        and alarm["comparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and alarm["threshold"] <= most
        for alarm in of(graph, "MetricAlarm").values()
    )


RULES = (
    dead_letter_queues_have_an_alarm,
    consumed_queues_have_an_alarm_on_their_age,
    consumed_queues_have_an_alarm_before_they_are_full,
    functions_have_alarms,
    alarms_go_to_standard_topics_that_let_them_in,
    budgets_wait_for_their_topics_policy,
)
