"""Who may say that a delivery is genuine."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.access.policies import only_these_may_send
from infra.components.function import Function
from infra.stack import Foundation

# Roles of the account's owner, by convention: who works on queues on a host of one's own, and who
# redrives them.
ROLES = ("serve", "operator")


def guard_verified(made: Foundation, verify: Function) -> None:
    """
    Refuse everybody but `verify`, `serve` and operators the sending to the queue of what held.

    What lies there is taken for a gateway's own word. The account's root is spared, as
    somebody must be able to.
    """
    queue = made.queues["verified"].queue
    principals = pulumi.Output.all(verify.role.arn, made.account).apply(
        lambda known: [
            known[0],
            f"arn:aws:iam::{known[1]}:root",
            *(f"arn:aws:iam::{known[1]}:role/{made.prefix}-{role}" for role in ROLES),
            *made.settings.operators,
        ]
    )
    aws.sqs.QueuePolicy(
        "verified",
        queue_url=queue.url,
        policy=pulumi.Output.all(queue.arn, principals).apply(
            lambda known: only_these_may_send(*known)
        ),
        opts=pulumi.ResourceOptions(provider=made.provider),
    )
