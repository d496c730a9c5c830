"""Where alarms go, and the people who read them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access.policies import alerts_from, alerts_key


@dataclass(frozen=True, slots=True)
class AlertsArgs:
    """
    Attributes:
        name: the topic's physical name.
        emails: the addresses that are notified; each confirms by a link that AWS sends.
        key: the ARN of a key that is there, whose policy lets alarms and budgets in; None to have
            one made.
        endpoints: https addresses that are notified; each confirms the request that AWS sends.
    """

    name: str
    account: pulumi.Input[str]
    emails: Sequence[str]
    endpoints: Sequence[str] = ()
    key: str | None = None


class Alerts(pulumi.ComponentResource):
    """
    A standard topic: CloudWatch cannot publish to a FIFO one [aws].

    Its key is its own: the one that SNS manages does not admit CloudWatch, whose alarms would
    vanish without a word [aws].
    """

    topic: aws.sns.Topic
    policy: aws.sns.TopicPolicy

    def __init__(
        self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:watch:Alerts", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = pulumi.Output.from_input(args.account)
        key: pulumi.Input[str] | None = args.key
        if key is None:
            key = aws.kms.Key(
                name,
                description=f"{args.name}: what alarms and the budget say",
                policy=account.apply(alerts_key),
                enable_key_rotation=True,
                opts=child,
            ).arn
        self.topic = aws.sns.Topic(name, name=args.name, kms_master_key_id=key, opts=child)
        self.policy = aws.sns.TopicPolicy(
            name,
            arn=self.topic.arn,
            policy=pulumi.Output.all(self.topic.arn, account).apply(
                lambda known: alerts_from(*known)
            ),
            opts=child,
        )
        for place, email in enumerate(args.emails):
            aws.sns.TopicSubscription(
                f"{name}-{_own_name(email)}",
                topic=self.topic.arn,
                protocol="email",
                endpoint=email,
                # Earlier versions named it by its place. SNS gives the address the subscription
                # it has, so making a new one and deleting the old would unsubscribe it.
                opts=pulumi.ResourceOptions(
                    parent=self, aliases=[pulumi.Alias(name=f"{name}-{place}")]
                ),
            )
        for endpoint in args.endpoints:
            aws.sns.TopicSubscription(
                f"{name}-{_own_name(endpoint)}",
                topic=self.topic.arn,
                protocol="https",
                # Such an address often holds a key.
                endpoint=pulumi.Output.secret(endpoint),
                opts=child,
            )
        self.register_outputs({"arn": self.topic.arn})


def address_digest(address: str) -> str:
    """How outputs name an address: as `penstock doctor` does, and without it."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:12]


def _own_name(email: str) -> str:
    """
    A name that follows from the address alone, whatever else is in the list.

    By its place in the list, taking out the first address would unsubscribe the last one. A
    digest, because Pulumi prints names, and printed output should hold no address.
    """
    return hashlib.sha256(email.encode()).hexdigest()[:12]
