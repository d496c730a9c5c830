"""
The metrics of `penstock serve` in Prometheus' format, for hosts that are not on AWS.

Stages and events are counted from the log's own lines, whatever level is written: the same lines
that CloudWatch's metrics are made of, so both tell the same. No label ever holds what a stranger
sent: stages, outcomes and events are words of our code, operations are the contract's, sinks and
queues the stack's. As a last bound a label takes at most 200 values, and then `other`.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
MOST_VALUES = 200
OTHER = "other"
_STAGE_LINES = frozenset({"stage.finished", "delivery.received"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
"""Upper bounds of the histograms: an item may take 20 s, a body 30 s."""


class Metrics:
    """The metrics of one process; `registry` may be given more collectors."""

    def __init__(self) -> None:
        # Else each counter comes with a second series, the time at which it was made.
        disable_created_metrics()
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self._items = Counter(
            "penstock_stage_items",
            "Items that a stage finished with; status is done, parked, retry or refused.",
            ("stage", "sink", "status", "outcome"),
            registry=self.registry,
        )
        self._item_seconds = Histogram(
            "penstock_stage_seconds",
            "How long a stage took for an item.",
            ("stage", "sink"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._events = Counter(
            "penstock_log_events",
            "Events of the log; the names are those that alarms count on AWS.",
            ("event", "level"),
            registry=self.registry,
        )
        self._answers = Counter(
            "penstock_http_answers",
            "Answers of the API; the operation is none for a request that is none of its own.",
            ("operation", "status"),
            registry=self.registry,
        )
        self._answer_seconds = Histogram(
            "penstock_http_answer_seconds",
            "From a complete request head to the answer.",
            ("operation",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._values: dict[str, set[str]] = {}

    def see(self, _: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A structlog processor that counts the line and lets it through."""
        event = str(fields.get("event"))
        self._events.labels(self._bounded("event", event), str(fields.get("level"))).inc()
        if event in _STAGE_LINES and "stage" in fields:
            self._see_item(fields)
        return fields

    def __call__(self, operation: str | None, status: int, seconds: float | None) -> None:
        """
        Count an answer of the API.

        Args:
            operation: the contract's operationId; None for a request that is none of its own.
            seconds: how long it took; None where nothing was measured.
        """
        named = operation or "none"
        self._answers.labels(named, str(status)).inc()
        if seconds is not None:
            self._answer_seconds.labels(named).observe(seconds)

    def page(self) -> bytes:
        """All metrics in Prometheus' text format 0.0.4."""
        return generate_latest(self.registry)

    def _see_item(self, fields: Mapping[str, Any]) -> None:
        stage = self._bounded("stage", str(fields["stage"]))
        sink = self._bounded("sink", str(fields.get("sink") or ""))
        status = self._bounded("status", str(fields.get("status")))
        outcome = self._bounded("outcome", str(fields.get("outcome")))
        self._items.labels(stage, sink, status, outcome).inc()
        ms = fields.get("ms")
        if isinstance(ms, int | float):
            self._item_seconds.labels(stage, sink).observe(ms / 1000)

    def _bounded(self, label: str, value: str) -> str:
        values = self._values.setdefault(label, set())
        if value in values:
            return value
        if len(values) >= MOST_VALUES:
            return OTHER
        values.add(value)
        return value
