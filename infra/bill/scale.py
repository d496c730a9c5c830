"""
`python -m infra.bill.scale STACK`: what a stack can take, and what payments ask of it.

Limits come from the stack's graph and from published quotas (`infra/bill/quotas.py`), what a
payment asks from what was counted (`infra/bill/traffic.py`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from infra.bill import quotas
from infra.bill.estimate import AT_THE_DOOR, Assumed, seconds, sinks, taken
from infra.bill.traffic import KINDS, Asked, Kind
from infra.config.project import ConfigError
from infra.graph.show import committed
from infra.printing import printing
from infra.rules.view import Graph, of

DAY = 24 * 3600
PEAK = 5.0
"""The busiest minutes of a day against its mean; assumed."""
DAYS = (1e6, 1e7)
"""Payments a day that the documents speak of."""
PAYMENTS = ("renewal", "charge", "checkout")
"""The kinds that are one payment each."""
PARTITIONS = 8
"""Of the archive of events, and of the index of what is due."""
OVERLAP_HOURS = 1.0
"""What the gap detector compares again in each run."""
LOOK_BACK_HOURS, LOOK_BACK_EVERY_HOURS = 72.0, 6.0
PER_LIST_REQUEST = 25.0
"""
Notifications that a request for a gateway's list brings, counted with `pipeline.windows` and pages
of 100: a page that is full is asked for again in halves.
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """
    One limit.

    Attributes:
        takes: how many it takes a second.
        asked: how many of them one payment asks for.
        waits: whether what is too much waits in a queue, so that the day's mean counts. Otherwise
            it is refused or comes late at the peak.
        raised_by: what to do.
    """

    what: str
    takes: float
    asked: float
    waits: bool
    raised_by: str

    @property
    def payments_a_day(self) -> float:
        """The most payments a day: by the mean if they wait, otherwise by the peak."""
        if not self.asked:
            return float("inf")
        return self.takes / self.asked * DAY / (1.0 if self.waits else PEAK)

    def used(self, payments: float) -> tuple[float, float]:
        """Which part of it so many payments a day use: on average, and at the peak."""
        mean = payments / DAY * self.asked / self.takes
        return mean, mean * PEAK


@dataclass(frozen=True)
class Load:
    """What one payment of a kind asks of a stack."""

    graph: Graph
    kind: Kind
    assumed: Assumed = field(default_factory=Assumed)

    def of(self, name: str) -> Asked | None:
        """What it asks of a function; of `deliver-…`, for all events that its sink selects."""
        return self.kind.asked.get(name.partition("-")[0])

    def times(self, name: str) -> int:
        """How often: for each event that the sink selects, otherwise once."""
        _, _, sink = name.partition("-")
        return taken(self.graph, sink, self.kind.events) if sink else 1

    def total(self, what: str) -> float:
        """The sum of one count over all functions."""
        functions = of(self.graph, "Function")
        found = [(self.of(name), self.times(name)) for name in functions]
        return sum(getattr(asked, what) * times for asked, times in found if asked)

    def seconds(self, name: str, batch: float) -> float:
        """How long a function works on it, in batches of that many messages."""
        asked = self.of(name)
        if asked is None:
            return 0.0
        function = of(self.graph, "Function")[name]
        return self.times(name) * seconds(name, function, asked, batch, self.assumed)


def limits(graph: Graph, kind: Kind, assumed: Assumed | None = None) -> list[Limit]:
    """The limits that payments of a kind meet, the one that is reached first at the beginning."""
    load = Load(graph, kind, assumed or Assumed())
    found = [*_ours(load), *_gateways(load), *_others(load)]
    return sorted((one for one in found if one.asked), key=lambda one: one.payments_a_day)


def _ours(load: Load) -> Iterator[Limit]:
    """What the stack's own settings say."""
    requests = sum(
        asked.messages for name in AT_THE_DOOR if (asked := load.kind.asked.get(name)) is not None
    )
    stage = next(iter(of(load.graph, "Stage").values()))
    rate = stage["defaultRouteSettings"]["throttlingRateLimit"]
    yield Limit(
        "requests at the API", rate, requests, False, "`penstock:throttlingRate`, 100 at most"
    )
    for name, mapping in of(load.graph, "EventSourceMapping").items():
        batch = float(mapping["batchSize"])
        at_once = mapping["scalingConfig"]["maximumConcurrency"]
        busy = load.seconds(name, batch)
        yield Limit(
            f"batches of `{name}`",
            at_once,
            busy,
            True,
            "`penstock:maximumConcurrency`, up to 1,000",
        )


def _gateways(load: Load) -> Iterator[Limit]:
    """The gap detector: what it must list of a payment, and what its time allows."""
    listed = asked.messages if (asked := load.kind.asked.get("receive")) else 0
    function, rule = of(load.graph, "Function")["gaps"], of(load.graph, "EventRule")["gaps"]
    every = int(rule["scheduleExpression"].removeprefix("rate(").split()[0]) * 60
    requests = function["timeout"] * 1000 / load.assumed.others_ms
    hour = (OVERLAP_HOURS * 3600 + every) / PER_LIST_REQUEST
    yield Limit(
        "the gap detector's last hour",
        requests,
        listed * hour,
        True,
        "no setting: it falls behind",
    )
    runs = LOOK_BACK_EVERY_HOURS * 3600 / every
    days = LOOK_BACK_HOURS * 3600 / runs / PER_LIST_REQUEST
    yield Limit(
        "the gap detector's last three days",
        requests,
        listed * (hour + days),
        True,
        "no setting: what was listed late is found late",
    )


def _others(load: Load) -> Iterator[Limit]:
    """What AWS and Slack allow."""
    writes, events = load.total("writes"), len(load.kind.events)
    functions = of(load.graph, "Function")
    at_once = sum(load.seconds(name, 1.0) for name in functions)
    yield Limit(
        "Lambda's functions side by side",
        quotas.LAMBDA_AT_ONCE,
        at_once,
        False,
        "Service Quotas, concurrent executions",
    )
    requests = sum(a.messages for n in AT_THE_DOOR if (a := load.kind.asked.get(n)) is not None)
    yield Limit("API Gateway's requests", quotas.API_REQUESTS, requests, False, "Service Quotas")
    yield Limit(
        "SNS publishes",
        quotas.SNS_FIFO_PUBLISHES,
        load.total("publishes"),
        False,
        "Service Quotas",
    )
    sends = load.total("sends") + load.total("publishes")
    yield Limit("SQS sends to one queue, at most", quotas.SQS_FIFO_CALLS, sends, False, "AWS")
    yield Limit("writes of a new table", quotas.NEW_TABLE_WRITES, writes, False, "warm throughput")
    yield Limit("writes of a table", quotas.TABLE_WRITES, writes, False, "Service Quotas")
    hot = quotas.PARTITION_WRITES * PARTITIONS
    yield Limit(
        "writes of the archive of events", hot, load.total("archive_writes"), False, "code"
    )
    yield Limit("writes of the index `due`", hot, load.total("due_writes"), False, "code")
    if "slack" in sinks(load.graph):
        posts = taken(load.graph, "slack", load.kind.events) if events else 0
        yield Limit(
            "Slack's messages to a channel",
            quotas.SLACK_POSTS,
            posts,
            True,
            "fewer events for this sink, several channels",
        )


def rows(graph: Graph, kind: str) -> Iterator[str]:
    """A kind's limits as lines of a table, the first that is reached first."""
    for one in limits(graph, KINDS[kind]):
        parts = " | ".join(f"{mean:.0%}, {peak:.0%}" for mean, peak in map(one.used, DAYS))
        most = f"{one.payments_a_day:,.0f}"
        yield f"| {one.what} | {one.takes:,.0f} | {one.asked:.4g} | {parts} | {most} |"


def main() -> int:
    """Print what a stack can take."""
    parser = argparse.ArgumentParser(prog="python -m infra.bill.scale", description=__doc__)
    parser.add_argument("stack")
    stack = parser.parse_args().stack
    try:
        graph = committed(stack)
    except ConfigError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    for kind in PAYMENTS:
        print(f"{kind}: {KINDS[kind].means}")
        print("\n".join(rows(graph, kind)))
    return 0


if __name__ == "__main__":
    raise SystemExit(printing(main))
