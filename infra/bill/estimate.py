"""A month's bill by line: what webhooks of one kind cost, and what is paid without any."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.bill import prices
from infra.bill.traffic import Asked, Kind
from infra.rules.view import Graph, of, statements

MONTH_SECONDS = 30 * 24 * 3600
WHOLE_PROCESSOR_MB = 1769
"""[aws] With so much memory a function has one processor; with less, its share of it."""
PLATFORM_LINE = 26
"""Bytes that CloudWatch adds to each line it takes in."""
DUE_PARTITIONS = 8
"""Of the index that a sweep looks into: a query each."""
SCHEDULED: Mapping[str, tuple[str, Asked, float, int]] = {
    # An index is read eventually consistent, at half the price.
    "sweep": ("Sweeps", Asked(1, aws_calls=DUE_PARTITIONS), DUE_PARTITIONS / 2, 350),
    # The watermark, how much a queue holds, and the gateway's list; `sends` are calls of SQS.
    "gaps": ("Gap detections", Asked(1, aws_calls=2, requests=1, sends=1), 1, 350),
    # How much each of five dead-letter queues holds: nothing, usually.
    "renew": ("Looks at dead letters", Asked(1, aws_calls=5, sends=5), 0, 350),
}
"""By schedule: its line, what a run asks, its read units, and the bytes that it logs."""
UNCONFIRMED = "SQS sends by SNS, if billed"
"""The one line that nothing confirms or denies; see infra/bill/prices.py."""
FILLED_IN = {
    "$context.requestId": "JKJaXmPLvHcESHA=",
    "$context.identity.sourceIp": "173.0.81.140",
    "$context.routeKey": "POST /webhooks/{gateway}",
    "$context.status": "202",
    "$context.responseLatency": "100",
}
"""What a line of the API's access log holds for a webhook: its bytes are counted."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Assumptions that the graph and the calls do not give; none was measured on AWS."""

    aws_ms: float = 8.0
    "waiting for one call of DynamoDB, SNS or SQS"
    others_ms: float = 300.0
    "waiting for one request of the gateway's or a sink's"
    receive_cpu_ms: float = 1.3
    "receive's work, of a whole processor: its zip, on an x86 of two shared cores"
    message_cpu_ms: float = 2.0
    "a worker's for one message, likewise"
    call_cpu_ms: float = 1.8
    "and for each call it makes"
    pollers: float = 5.0
    "long polls of 20 s that Lambda keeps on an idle queue"


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line of the bill.

    Attributes:
        price: of one.
        fixed: whether it is paid without a webhook, too.
    """

    what: str
    quantity: float
    price: float
    fixed: bool = False

    @property
    def usd(self) -> float:
        """What it comes to."""
        return self.quantity * self.price


def by_function(
    graph: Graph, kind: Kind, webhooks: float, batch: float, assumed: Assumed | None = None
) -> Mapping[str, Sequence[Line]]:
    """
    What webhooks of one kind cost, by function; `deliver-…` for each sink.

    Args:
        batch: how many messages an invocation finds.
    """
    a = assumed or Assumed()
    functions = of(graph, "Function")
    found: dict[str, Sequence[Line]] = {}
    for name, function in functions.items():
        stage, _, sink = name.partition("-")
        asked = kind.asked.get(stage)
        times = taken(graph, sink, kind.events) if sink else 1
        if asked is not None and times:
            share = batch if name != "receive" else 1.0
            to = _subscribers(graph, kind) if name == "process" else 1.0
            found[name] = [*_of(name, graph, function, asked, webhooks * times, share, to, a)]
    return found


def taken(graph: Graph, sink: str, events: Sequence[str]) -> int:
    """How many of these events a sink's subscription lets through."""
    policy = of(graph, "TopicSubscription")[f"sink-{sink}"].get("filterPolicy")
    types = json.loads(policy)["type"] if policy else events
    return sum(event in types for event in events)


def by_webhook(
    graph: Graph, kind: Kind, webhooks: float, batch: float, assumed: Assumed | None = None
) -> Sequence[Line]:
    """What webhooks of one kind cost, by line."""
    found: dict[str, Line] = {}
    for lines in by_function(graph, kind, webhooks, batch, assumed).values():
        for line in lines:
            before = found.get(line.what)
            quantity = line.quantity + (before.quantity if before else 0)
            found[line.what] = Line(line.what, quantity, line.price)
    return [line for line in found.values() if line.quantity]


def _of(
    name: str,
    graph: Graph,
    function: Mapping[str, Any],
    asked: Asked,
    webhooks: float,
    batch: float,
    subscribers: float,
    a: Assumed,
) -> Iterator[Line]:
    each, gb = 1 / prices.MILLION, webhooks / 1e9
    messages = webhooks * asked.messages
    if name == "receive":
        yield Line("HTTP API requests", messages, prices.HTTP_API_REQUEST * each)
    invocations = messages / batch
    yield Line("Lambda requests", invocations, prices.LAMBDA_REQUEST * each)
    seconds = webhooks * _seconds(name, function, asked, batch, a)
    size = function["memorySize"] / 1024
    yield Line("Lambda GB-seconds", seconds * size, prices.LAMBDA_GB_SECOND * each)
    published = gb * asked.published_bytes
    pushed = webhooks * asked.publishes * subscribers
    yield Line("SNS FIFO publishes", webhooks * asked.publishes, prices.SNS_FIFO_PUBLISH * each)
    yield Line("SNS FIFO, to subscribers", pushed, prices.SNS_FIFO_SUBSCRIPTION * each)
    yield Line("SNS FIFO GB published", published, prices.SNS_FIFO_PUBLISHED_GB)
    yield Line(
        "SNS FIFO GB to subscribers", published * subscribers, prices.SNS_FIFO_SUBSCRIBED_GB
    )
    yield Line("SQS sends", webhooks * asked.sends, prices.SQS_FIFO_CALL * each)
    yield Line(UNCONFIRMED, pushed, prices.SQS_FIFO_CALL * each)
    taken = 0 if name == "receive" else 2 * invocations
    yield Line("SQS receives and deletes", taken, prices.SQS_FIFO_CALL * each)
    yield Line("DynamoDB write units", webhooks * asked.writes, prices.DYNAMODB_WRITE_UNIT * each)
    yield Line("DynamoDB read units", webhooks * asked.reads, prices.DYNAMODB_READ_UNIT * each)
    kept, indexed = gb * asked.kept_bytes, gb * asked.indexed_bytes
    yield Line("Ledger GB, a month", kept + indexed, prices.DYNAMODB_GB_MONTH)
    yield Line("Ledger GB backed up, a month", kept, prices.DYNAMODB_BACKUP_GB_MONTH)
    logged = asked.log_bytes + asked.log_lines * PLATFORM_LINE
    if name == "receive":
        logged += _access_line(graph) + PLATFORM_LINE
    days = max(group["retentionInDays"] for group in of(graph, "LogGroup").values())
    yield Line("Log GB, taken in", gb * logged, prices.LOGS_GB)
    yield Line("Log GB, kept as long as said", gb * logged * days / 30, prices.LOGS_GB_MONTH)
    answered = 400 if name == "receive" else 0
    yield Line("GB out of AWS", gb * (asked.request_bytes + answered), prices.TRANSFER_GB)
    if function.get("tracingConfig", {}).get("mode") == "Active":
        yield Line("X-Ray traces", _traced(invocations), prices.XRAY_TRACE * each)


def _seconds(
    name: str, function: Mapping[str, Any], asked: Asked, batch: float, a: Assumed
) -> float:
    """What one webhook takes of a function: its batch waits together, and works in turn."""
    waiting = asked.aws_calls * a.aws_ms + asked.requests * a.others_ms
    calls = asked.aws_calls + asked.requests
    working = calls * a.call_cpu_ms + asked.messages * a.message_cpu_ms
    if name == "receive":
        working = a.receive_cpu_ms
    share = min(1.0, function["memorySize"] / WHOLE_PROCESSOR_MB)
    return (waiting / batch + working / share) / 1000


def _access_line(graph: Graph) -> int:
    stages = of(graph, "Stage").values()
    line = next((one["accessLogSettings"]["format"] for one in stages), "")
    for variable, value in FILLED_IN.items():
        line = line.replace(variable, value)
    return len(line)


def _subscribers(graph: Graph, kind: Kind) -> float:
    """How many sinks an event of the kind goes to, on average."""
    if not kind.events:
        return 0
    return sum(taken(graph, sink, kind.events) for sink in sinks(graph)) / len(kind.events)


def sinks(graph: Graph) -> Sequence[str]:
    """The sinks' names."""
    names = of(graph, "Function")
    return [name.removeprefix("deliver-") for name in names if name.startswith("deliver-")]


def _traced(invocations: float) -> float:
    """
    How many invocations X-Ray records, evenly spread: [aws] one in each second, and a twentieth of
    the others. Nobody can have Lambda record fewer.
    """
    first = min(invocations, MONTH_SECONDS)
    return first + 0.05 * (invocations - first)


def letters(graph: Graph, kind: Kind, webhooks: float) -> Line:
    """What a sink that sends by SES pays for its letters: the sink's own business, and dear."""
    by_mail = {
        name.removeprefix("deliver-")
        for name, one in of(graph, "RolePolicy").items()
        for statement in statements(one["policy"])
        if "ses:SendEmail" in statement["Action"]
    }
    sent = sum(taken(graph, sink, kind.events) for sink in by_mail & {*sinks(graph)})
    return Line("Letters by SES", webhooks * sent, prices.EMAIL)


def by_month(graph: Graph, assumed: Assumed | None = None) -> Iterator[Line]:
    """What a month costs without a webhook."""
    a = assumed or Assumed()
    each = 1 / prices.MILLION
    mappings = [m for m in of(graph, "EventSourceMapping").values() if m["enabled"]]
    polls = len(mappings) * a.pollers * MONTH_SECONDS / 20
    yield Line("SQS polls of idle queues", polls, prices.SQS_FIFO_CALL * each, fixed=True)
    yield from _scheduled(graph, a)
    for what, kind, price in (
        ("Alarms", "MetricAlarm", prices.ALARM_MONTH),
        ("Secrets", "Secret", prices.SECRET_MONTH),
        ("Keys", "Key", prices.KEY_MONTH),
        ("Dashboards", "Dashboard", prices.DASHBOARD_MONTH),
    ):
        yield Line(what, len(of(graph, kind)), price, fixed=True)
    made = [m["metricTransformation"] for m in of(graph, "LogMetricFilter").values()]
    counted = {one["name"] for one in made if "stage" not in one["dimensions"]}
    yield Line("Metrics from logs", len(counted), prices.METRIC_MONTH, fixed=True)
    # Of what was done; one more for each other status in a month in which it occurs. The filters
    # of all sinks make one metric: its dimensions are stack, stage and status.
    groups = {one["name"]: name.partition("-")[0] for name, one in of(graph, "LogGroup").items()}
    measured = of(graph, "LogMetricFilter").values()
    stages = {
        groups[one["logGroupName"]]
        for one in measured
        if "stage" in one["metricTransformation"]["dimensions"]
    }
    yield Line("Metrics of stages", len(stages), prices.METRIC_MONTH, fixed=True)
    # Two values, read again each five minutes by each function that is never cold.
    readers = _secret_readers(graph)
    reads = 2 * readers * MONTH_SECONDS / 300
    yield Line("Secret calls, at most", reads, prices.SECRET_CALL * each, fixed=True)


def _scheduled(graph: Graph, a: Assumed) -> Iterator[Line]:
    """What the functions that a schedule starts cost where they find nothing to do."""
    for rule, one in of(graph, "EventRule").items():
        what, asked, reads, logged = SCHEDULED[rule]
        function = of(graph, "Function")[rule]
        minutes = int(one["scheduleExpression"].removeprefix("rate(").split()[0])
        runs = MONTH_SECONDS / 60 / minutes
        seconds = _seconds(rule, function, asked, 1, a)
        compute = prices.LAMBDA_REQUEST + (
            seconds * function["memorySize"] / 1024 * prices.LAMBDA_GB_SECOND
        )
        queues = asked.sends * prices.SQS_FIFO_CALL
        each = (compute + reads * prices.DYNAMODB_READ_UNIT + queues) / prices.MILLION
        yield Line(what, runs, each, fixed=True)
        yield Line(f"Log GB of {what.lower()}", runs * logged / 1e9, prices.LOGS_GB, fixed=True)


def _secret_readers(graph: Graph) -> int:
    functions = of(graph, "Function")
    return sum(
        len(statement["Resource"])
        for name, one in of(graph, "RolePolicy").items()
        if name in functions
        for statement in statements(one["policy"])
        if "secretsmanager:GetSecretValue" in statement["Action"]
    )
