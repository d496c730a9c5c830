"""A function that runs every few minutes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.function import Function


@dataclass(frozen=True, slots=True)
class ScheduleArgs:
    """
    Attributes:
        name: the rule's physical name.
    """

    name: str
    function: Function
    minutes: int
    enabled: bool = True


class Schedule(pulumi.ComponentResource):
    """A rule that invokes one function at a fixed rate."""

    def __init__(
        self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:compute:Schedule", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            name,
            name=args.name,
            schedule_expression=f"rate({args.minutes} minute{'s' if args.minutes > 1 else ''})",
            state="ENABLED" if args.enabled else "DISABLED",
            opts=child,
        )
        permission = aws.lambda_.Permission(
            name,
            statement_id=f"schedule-{name}",
            action="lambda:InvokeFunction",
            function=args.function.function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            target_id=name,
            arn=args.function.function.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})
