"""Where alarms go, and the people who read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access.policies import alerts_from


@dataclass(frozen=True, slots=True)
class AlertsArgs:
    """
    Attributes:
        name: the topic's physical name.
        emails: who is told; each confirms by a link that AWS sends.
    """

    name: str
    account: pulumi.Input[str]
    emails: Sequence[str]


class Alerts(pulumi.ComponentResource):
    """
    A standard topic: CloudWatch cannot publish to a FIFO one [aws].

    It has no key: the one AWS manages does not admit CloudWatch, whose alarms would vanish [aws].
    """

    topic: aws.sns.Topic

    def __init__(
        self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:watch:Alerts", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.topic = aws.sns.Topic(name, name=args.name, opts=child)
        aws.sns.TopicPolicy(
            name,
            arn=self.topic.arn,
            policy=pulumi.Output.all(self.topic.arn, args.account).apply(
                lambda known: alerts_from(*known)
            ),
            opts=child,
        )
        for place, email in enumerate(args.emails):
            aws.sns.TopicSubscription(
                f"{name}-{place}",
                topic=self.topic.arn,
                protocol="email",
                endpoint=email,
                opts=child,
            )
        self.register_outputs({"arn": self.topic.arn})
