"""A FIFO topic and the queues that subscribe to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access.policies import topic_may_send
from infra.components.queue import FifoQueue

SNS_KEY = "alias/aws/sns"
"""
[aws] The key that SNS manages: everybody in the account who may publish may use it, and queues
with keys of SQS's own take what it hands on. It costs nothing by itself.
"""


@dataclass(frozen=True, slots=True)
class FifoTopicArgs:
    """
    Attributes:
        name: the physical name, without `.fifo`.
        key: the ARN of the key that encrypts it; None for the one that SNS manages.
    """

    name: str
    key: str | None = None


class FifoTopic(pulumi.ComponentResource):
    """A FIFO topic whose throughput is limited per message group."""

    topic: aws.sns.Topic

    def __init__(
        self, name: str, args: FifoTopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:messaging:FifoTopic", name, {}, opts)
        self.topic = aws.sns.Topic(
            name,
            name=f"{args.name}.fifo",
            fifo_topic=True,
            content_based_deduplication=False,
            fifo_throughput_scope="MessageGroup",
            kms_master_key_id=args.key or SNS_KEY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"arn": self.topic.arn})


@dataclass(frozen=True, slots=True)
class SubscriptionArgs:
    """
    Attributes:
        types: the event types that reach the queue; None lets everything through.
    """

    topic: FifoTopic
    queue: FifoQueue
    types: Sequence[str] | None = None


class Subscription(pulumi.ComponentResource):
    """
    A queue that gets what a topic publishes, raw.

    What cannot be delivered goes to the queue's own dead-letter queue: it is redriven from there
    like what was delivered and parked.
    """

    def __init__(
        self, name: str, args: SubscriptionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:messaging:Subscription", name, {}, opts)
        dlq = args.queue.dlq
        if dlq is None:
            raise ValueError(f"{name}: a queue without a dead-letter queue cannot subscribe")
        topic, queue = args.topic.topic, args.queue.queue
        policies = [
            aws.sqs.QueuePolicy(
                f"{name}{suffix}",
                queue_url=target.url,
                policy=pulumi.Output.all(target.arn, topic.arn).apply(
                    lambda arns: topic_may_send(*arns)
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for suffix, target in (("", queue), ("-dlq", dlq))
        ]
        filtered = args.types is not None
        aws.sns.TopicSubscription(
            name,
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=True,
            redrive_policy=dlq.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn})),
            filter_policy=json.dumps({"type": sorted(args.types or ())}) if filtered else None,
            filter_policy_scope="MessageAttributes" if filtered else None,
            # Before the policies are there a message would be lost at once [aws].
            opts=pulumi.ResourceOptions(parent=self, depends_on=policies),
        )
        self.register_outputs({})
