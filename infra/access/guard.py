"""Who may say that a delivery is genuine."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.access.policies import only_these_may_send
from infra.components.function import Function
from infra.stack import Foundation

VOUCHING = ("verify", "sweep", "gaps")
"""The functions that send there: one checks signatures, two ask the gateway's API."""
# Roles of the account's owner, by convention: who works on queues on a host of one's own, and who
# redrives them.
ROLES = ("serve", "operator")


def guard_verified(made: Foundation, functions: Mapping[str, Function]) -> None:
    """
    Refuse all but the functions of `VOUCHING`, `serve` and operators to send to `verified`.

    What lies there is taken for a gateway's own word. The account's root stays allowed, so that
    somebody always is.
    """
    queue = made.queues["verified"].queue
    arns = [functions[name].role.arn for name in VOUCHING]
    principals = pulumi.Output.all(arns, made.account).apply(
        lambda known: [
            *known[0],
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
