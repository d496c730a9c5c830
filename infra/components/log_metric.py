"""Metrics that CloudWatch makes of log lines: counts, and values such as milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

NAMESPACE = "Penstock"


OF_STACK: Mapping[str, str] = {"Stack": "$.stack"}


@dataclass(frozen=True, slots=True)
class LogMetric:
    """
    A metric of all log lines that match a pattern.

    Attributes:
        name: the metric's name in our namespace.
        pattern: which lines count; each must have the fields of the dimensions.
        logs: names of the log groups to look in, by who writes them.
        value: what each line adds: a number, or the field that holds one.
        unit: as CloudWatch calls it.
        dimensions: at most three, each with the field that holds its value.
    """

    name: str
    pattern: str
    logs: Mapping[str, pulumi.Input[str]]
    value: str = "1"
    unit: str = "Count"
    dimensions: Mapping[str, str] = field(default_factory=lambda: OF_STACK)


class LogMetrics(pulumi.ComponentResource):
    """Metrics by filters on structured logs."""

    def __init__(
        self,
        name: str,
        metrics: Iterable[LogMetric],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("penstock:watch:LogMetrics", name, {}, opts)
        for one in metrics:
            for writer, log in one.logs.items():
                self._count(one, writer, log)
        self.register_outputs({})

    def _count(self, one: LogMetric, writer: str, log: pulumi.Input[str]) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{one.name}-{writer}",
            name=one.name,
            log_group_name=log,
            pattern=one.pattern,
            metric_transformation={
                "name": one.name,
                "namespace": NAMESPACE,
                "value": one.value,
                "unit": one.unit,
                "dimensions": dict(one.dimensions),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
