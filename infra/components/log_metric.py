"""What functions say in their logs, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

NAMESPACE = "Penstock"


@dataclass(frozen=True, slots=True)
class LogMetric:
    """
    How often an event was logged.

    Attributes:
        name: the metric's name in our namespace; its dimension is the stack.
        event: the event that is counted.
        logs: names of the log groups it is looked for in, by function.
    """

    name: str
    event: str
    logs: Mapping[str, pulumi.Input[str]]


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
            for function, log in one.logs.items():
                self._count(one, function, log)
        self.register_outputs({})

    def _count(self, one: LogMetric, function: str, log: pulumi.Input[str]) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{one.name}-{function}",
            name=one.name,
            log_group_name=log,
            pattern=f'{{$.event = "{one.event}"}}',
            metric_transformation={
                "name": one.name,
                "namespace": NAMESPACE,
                "value": "1",
                "unit": "Count",
                "dimensions": {"Stack": "$.stack"},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
