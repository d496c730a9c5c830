"""`python -m infra.cost STACK --webhooks 1e6`: a month's bill by line, from the graph."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from infra import prices
from infra.rules.view import Graph, of
from infra.settings import ConfigError
from infra.show import committed

TARGET_PER_MILLION = 4.0
MONTH_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a graph cannot say of the traffic; nothing of it was measured on AWS."""

    batch: float = 1.0
    "messages an invocation finds; 1 while they come seldom, up to 10 in a rush"
    news: float = 1.0
    "webhooks that bring a sale; the others are checked, looked up and found known"
    events: float = 2.0
    "events of a sale: it succeeded, its invoice is paid"
    state_kb: float = 2.0
    "a payment's state item; an event or a seen id is 1 KB"
    single_puts: float = 5.0
    "commits of the state alone, per sale: steps of the invoice, marks of publishing"
    transactions: float = 2.0
    "commits with an event, per sale; the first has a seen id with it"
    receive_ms: float = 20.0
    "one invocation of receive"
    verify_ms: float = 20.0
    "the signature, its certificate known"
    lookup_ms: float = 400.0
    "asking the gateway what is true"
    invoice_ms: float = 1600.0
    "four calls that make, send, record and read an invoice"
    deliver_ms: float = 300.0
    "one call of a sink"
    line_bytes: float = 450.0
    "a log line, and one of Lambda's own"
    traced: float = 0.05
    "X-Ray's own sampling"
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


def bill(graph: Graph, webhooks: float, assumed: Assumed | None = None) -> Sequence[Line]:
    """A month's lines, those by the webhook first."""
    a = assumed or Assumed()
    return [*_by_webhook(graph, webhooks, a), *_by_month(graph, a)]


def _by_webhook(graph: Graph, webhooks: float, a: Assumed) -> Iterator[Line]:
    each = 1 / prices.MILLION
    sinks = sum(name.startswith("deliver-") for name in of(graph, "Function"))
    delivered = webhooks * a.news * a.events * sinks
    yield Line("HTTP API requests", webhooks, prices.HTTP_API_REQUEST * each)
    consumed = 2 * webhooks + delivered
    yield Line("Lambda requests", webhooks + consumed / a.batch, prices.LAMBDA_REQUEST * each)
    yield Line(
        "Lambda GB-seconds",
        sum(_gb_seconds(graph, webhooks, delivered, a)),
        prices.LAMBDA_GB_SECOND * each,
    )
    publishes = webhooks * (1 + a.news * a.events)
    yield Line("SNS FIFO publishes", publishes, prices.SNS_FIFO_PUBLISH * each)
    # Each message is sent once, received and deleted by the batch.
    calls = consumed * (1 + 2 / a.batch)
    yield Line("SQS FIFO calls", calls, prices.SQS_FIFO_CALL * each)
    yield Line(
        "DynamoDB write units",
        webhooks * a.news * _writes(a) + delivered,
        prices.DYNAMODB_WRITE_UNIT * each,
    )
    reads = webhooks * (2 + a.news * 4) + delivered
    yield Line("DynamoDB read units", reads, prices.DYNAMODB_READ_UNIT * each)
    lines = 2 * webhooks + 2 * consumed + webhooks
    logged = lines * a.line_bytes / 1e9
    yield Line("Log GB, taken in", logged, prices.LOGS_GB)
    days = max(group["retentionInDays"] for group in of(graph, "LogGroup").values())
    yield Line("Log GB, kept for a month", logged * days / 30, prices.LOGS_GB_MONTH)
    if any(
        f.get("tracingConfig", {}).get("mode") == "Active" for f in of(graph, "Function").values()
    ):
        yield Line("X-Ray traces", webhooks * a.traced, prices.XRAY_TRACE * each)


def _writes(a: Assumed) -> float:
    """Write units of a sale: state, events with their index, the seen id, marks."""
    events, index = a.transactions, a.transactions
    transacted = 2 * (a.transactions * a.state_kb + events + 1)
    return transacted + index + a.single_puts * (a.state_kb + 0.5)


def _gb_seconds(graph: Graph, webhooks: float, delivered: float, a: Assumed) -> Iterator[float]:
    functions = of(graph, "Function")
    gb = {name: one["memorySize"] / 1024 for name, one in functions.items()}
    yield gb["receive"] * webhooks * a.receive_ms / 1000
    yield gb["verify"] * webhooks * a.verify_ms / a.batch / 1000
    worked = a.lookup_ms + a.news * a.invoice_ms
    yield gb["process"] * webhooks * worked / a.batch / 1000
    sinks = [size for name, size in gb.items() if name.startswith("deliver-")]
    yield sum(sinks) / max(len(sinks), 1) * delivered * a.deliver_ms / a.batch / 1000


def _by_month(graph: Graph, a: Assumed) -> Iterator[Line]:
    each = 1 / prices.MILLION
    mappings = [m for m in of(graph, "EventSourceMapping").values() if m["enabled"]]
    polls = len(mappings) * a.pollers * MONTH_SECONDS / 20
    yield Line("SQS polls of idle queues", polls, prices.SQS_FIFO_CALL * each, fixed=True)
    for rule in of(graph, "EventRule").values():
        minutes = int(rule["scheduleExpression"].removeprefix("rate(").split()[0])
        sweeps = MONTH_SECONDS / 60 / minutes
        per_sweep = (prices.LAMBDA_REQUEST + 0.5 * 0.05 * prices.LAMBDA_GB_SECOND) * each
        yield Line("Sweeps", sweeps, per_sweep, fixed=True)
    for what, kind, price in (
        ("Alarms", "MetricAlarm", prices.ALARM_MONTH),
        ("Secrets", "Secret", prices.SECRET_MONTH),
        ("Dashboards", "Dashboard", prices.DASHBOARD_MONTH),
    ):
        yield Line(what, len(of(graph, kind)), price, fixed=True)
    metrics = {m["metricTransformation"]["name"] for m in of(graph, "LogMetricFilter").values()}
    yield Line("Metrics from logs", len(metrics), prices.METRIC_MONTH, fixed=True)


def printed(lines: Sequence[Line], webhooks: float, assumed: Assumed) -> Iterator[str]:
    """The bill as text, what it rests on, and how it stands to the target."""
    for fixed, title in ((False, f"For {webhooks:,.0f} webhooks"), (True, "For a month")):
        part = [line for line in lines if line.fixed == fixed]
        yield f"{title} ({prices.REGION}, {prices.AS_OF}, USD)"
        for line in part:
            yield f"  {line.what:26} {line.quantity:>14,.2f}  {line.usd:8.2f}"
        yield f"  {'':26} {'':>14}  {sum(line.usd for line in part):8.2f}"
    per_million = sum(x.usd for x in lines if not x.fixed) / webhooks * prices.MILLION
    verdict = "kept" if per_million <= TARGET_PER_MILLION else "missed"
    yield f"Per million {per_million:.2f}; the target of {TARGET_PER_MILLION:.2f} is {verdict}."
    yield "Assumed, not measured:"
    for field in fields(assumed):
        yield f"  {field.name:14} {getattr(assumed, field.name):>8g}"


def main() -> int:
    """Print a stack's bill."""
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("--webhooks", type=float, default=1e6)
    for field in fields(Assumed):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float)
    options: dict[str, Any] = vars(parser.parse_args())
    given = {f.name: options[f.name] for f in fields(Assumed) if options[f.name] is not None}
    assumed, webhooks = Assumed(**given), options["webhooks"]
    try:
        lines = bill(committed(options["stack"]), webhooks, assumed)
    except ConfigError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    print("\n".join(printed(lines, webhooks, assumed)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
