"""What logs say, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

NAMESPACE = "Penstock"


@dataclass(frozen=True, slots=True)
class LogMetric:
    """
    How often such a line was logged.

    Attributes:
        name: the metric's name in our namespace; its dimension is the stack.
        pattern: which lines are counted; each has a field `stack`.
        logs: names of the log groups they are looked for in, by who writes them.
    """

    name: str
    pattern: str
    logs: Mapping[str, pulumi.Input[str]]


def of_event(event: str) -> str:
    """The pattern of the lines that our code logs of an event."""
    return f'{{$.event = "{event}"}}'


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
                "value": "1",
                "unit": "Count",
                "dimensions": {"Stack": "$.stack"},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
