"""Alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

RUNBOOK = "docs/runbook.md"


@dataclass(frozen=True, slots=True)
class Watch:
    """
    A condition somebody should know of.

    Attributes:
        kind: the heading in the runbook that says what it means and what to do.
        about: what it watches, in its logical name; empty when there is only one.
        means: one sentence, for the message that arrives.
        statistic: as CloudWatch calls it, or a percentile: `p99`.
        least: it is raised from this on; with `below`, under this.
        seconds: how long is looked at, at a time.
        periods: how often in a row it must hold.
        silence: whether nothing measured is as bad.
    """

    kind: str
    about: str
    means: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]] = field(repr=False)
    statistic: str = "Sum"
    least: float = 1
    seconds: int = 300
    periods: int = 1
    below: bool = False
    silence: Literal["notBreaching", "breaching"] = "notBreaching"

    @property
    def name(self) -> str:
        """Its logical name."""
        return f"{self.kind}-{self.about}" if self.about else self.kind


@dataclass(frozen=True, slots=True)
class AlarmsArgs:
    """
    Attributes:
        prefix: what physical names begin with.
        alerts: topics notified when an alarm starts and ends.
    """

    prefix: str
    watches: Iterable[Watch]
    alerts: Sequence[pulumi.Input[str]]


class Alarms(pulumi.ComponentResource):
    """CloudWatch alarms; each names its page in the runbook."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:watch:Alarms", name, {}, opts)
        for watch in args.watches:
            self._make(watch, args)
        self.register_outputs({})

    def _make(self, watch: Watch, args: AlarmsArgs) -> None:
        percentile = watch.statistic.startswith("p")
        aws.cloudwatch.MetricAlarm(
            watch.name,
            name=f"{args.prefix}-{watch.name}",
            alarm_description=f"{watch.means} {RUNBOOK}#{watch.kind}",
            namespace=watch.namespace,
            metric_name=watch.metric,
            dimensions=dict(watch.dimensions),
            statistic=None if percentile else watch.statistic,
            extended_statistic=watch.statistic if percentile else None,
            comparison_operator=(
                "LessThanThreshold" if watch.below else "GreaterThanOrEqualToThreshold"
            ),
            threshold=watch.least,
            period=watch.seconds,
            evaluation_periods=watch.periods,
            treat_missing_data=watch.silence,
            alarm_actions=list(args.alerts),
            ok_actions=list(args.alerts),
            opts=pulumi.ResourceOptions(parent=self),
        )
