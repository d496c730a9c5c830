"""Rules on alarms and where they go."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rules.view import Graph, Inputs, dead_letter_queues, of, referred, statements

_PARKED = "ApproximateNumberOfMessagesVisible"
_SERVICES = {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}


def dead_letter_queues_have_an_alarm(graph: Graph) -> Iterator[str]:
    """On the first message that is parked."""
    queues = of(graph, "Queue")
    for queue, dlq in dead_letter_queues(graph).items():
        there = queues.get(dlq)
        if there and not _watched(graph, _PARKED, "QueueName", there):
            yield f"nobody is told of what is parked for {queue}"


def consumed_queues_have_an_alarm_on_their_age(graph: Graph) -> Iterator[str]:
    """That nothing moves is seen by what waits, whatever it is that stands still."""
    queues = of(graph, "Queue")
    for name, one in of(graph, "EventSourceMapping").items():
        queue = queues[referred(one["eventSourceArn"], "Queue") or ""]
        if not _watched(graph, "ApproximateAgeOfOldestMessage", "QueueName", queue):
            yield f"nobody is told of what waits for {name}"


def functions_have_alarms(graph: Graph) -> Iterator[str]:
    """On what they throw, and on what keeps them from running."""
    for name, one in of(graph, "Function").items():
        for metric in ("Errors", "Throttles"):
            if not _watched(graph, metric, "FunctionName", one):
                yield f"nobody is told of {metric.lower()} of {name}"


def alarms_go_to_standard_topics_that_let_them_in(graph: Graph) -> Iterator[str]:
    """CloudWatch cannot publish to FIFO topics, and to none that does not admit it."""
    topics = of(graph, "Topic")
    admitting = _admitting(graph)
    for name, one in of(graph, "MetricAlarm").items():
        told = [referred(arn, "Topic") for arn in one.get("alarmActions") or []]
        if not told:
            yield f"alarm {name} tells nobody"
        for topic in told:
            if topic is None or topics[topic].get("fifoTopic"):
                yield f"alarm {name} goes to no standard topic"
            elif topic not in admitting:
                yield f"alarm {name} goes to a topic that lets no alarm or budget in"


def _admitting(graph: Graph) -> set[str]:
    found: dict[str, set[str]] = {}
    for one in of(graph, "TopicPolicy").values():
        for statement in statements(one["policy"]):
            if statement["Effect"] == "Allow" and "sns:Publish" in statement["Action"]:
                topic = referred(one["arn"], "Topic") or ""
                found.setdefault(topic, set()).add(statement["Principal"].get("Service", ""))
    return {topic for topic, services in found.items() if services >= _SERVICES}


def _watched(graph: Graph, metric: str, dimension: str, one: Inputs) -> bool:
    return any(
        alarm["metricName"] == metric and alarm["dimensions"].get(dimension) == one["name"]
        for alarm in of(graph, "MetricAlarm").values()
    )


RULES = (
    dead_letter_queues_have_an_alarm,
    consumed_queues_have_an_alarm_on_their_age,
    functions_have_alarms,
    alarms_go_to_standard_topics_that_let_them_in,
)
