"""One page that shows whether the stack is well."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

_WIDTH, _HEIGHT = 12, 6


@dataclass(frozen=True, slots=True)
class Chart:
    """
    One picture.

    Attributes:
        metrics: each as namespace, metric, dimension, value (more pairs may follow).
        statistic: as CloudWatch calls it.
    """

    title: str
    metrics: Sequence[Sequence[str]]
    statistic: str = "Sum"


@dataclass(frozen=True, slots=True)
class DashboardArgs:
    """
    Attributes:
        name: the physical name.
        charts: two beside each other, from the top.
    """

    name: str
    region: str
    charts: pulumi.Input[Sequence[Chart]]


class Dashboard(pulumi.ComponentResource):
    """A CloudWatch dashboard."""

    def __init__(
        self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:watch:Dashboard", name, {}, opts)
        aws.cloudwatch.Dashboard(
            name,
            dashboard_name=args.name,
            dashboard_body=pulumi.Output.from_input(args.charts).apply(
                lambda charts: json.dumps(body(charts, args.region))
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def body(charts: Sequence[Chart], region: str) -> Mapping[str, Any]:
    """The dashboard as CloudWatch takes it."""
    return {
        "widgets": [
            {
                "type": "metric",
                "x": place % 2 * _WIDTH,
                "y": place // 2 * _HEIGHT,
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": {
                    "title": chart.title,
                    "region": region,
                    "stat": chart.statistic,
                    "period": 300,
                    "metrics": [list(metric) for metric in chart.metrics],
                },
            }
            for place, chart in enumerate(charts)
        ]
    }
