"""Who may send what moves money, or is taken for a gateway's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access.policies import only_these_may_send
from infra.components.function import Function
from infra.stack import Foundation


@dataclass(frozen=True, slots=True)
class Guarded:
    """
    A queue whose messages are believed.

    Attributes:
        senders: the functions that send to it.
        consumer: the function that believes them, and parks them.
    """

    senders: Sequence[str]
    consumer: str


GUARDED: Mapping[str, Guarded] = {
    # One checks signatures, two ask the gateway's API.
    "verified": Guarded(("verify", "sweep", "gaps"), "process"),
    # Those that commit a payment or an operation first.
    "payments": Guarded(("api", "merchant", "sweep"), "charge"),
}
RENEWS = "renew"
"""It sends dead letters again, to the dead-letter queue that they lay in."""


def guard(
    made: Foundation,
    functions: Mapping[str, Function],
    hosts: Sequence[pulumi.Input[str]],
) -> None:
    """
    Refuse all but those that must, `serve` and operators to send to the queues of `GUARDED`.

    To their dead-letter queues, too: what lies there goes back by a redrive. The account's root
    stays allowed, so that somebody always is.

    Args:
        hosts: the ARNs of the roles `serve` and `operator`.
    """
    for name, one in GUARDED.items():
        queue = made.queues[name]
        besides = made.settings.payment_senders if name == "payments" else ()
        senders = [functions[sender].role.arn for sender in one.senders]
        _deny_others(made, name, queue.queue, senders, hosts, besides)
        if queue.dlq is not None:
            parking = [functions[parks].role.arn for parks in (one.consumer, RENEWS)]
            _deny_others(made, f"{name}-dlq", queue.dlq, parking, hosts, redriven_to=True)


def _deny_others(
    made: Foundation,
    name: str,
    queue: aws.sqs.Queue,
    senders: Sequence[pulumi.Input[str]],
    hosts: Sequence[pulumi.Input[str]],
    besides: Sequence[str] = (),
    *,
    redriven_to: bool = False,
) -> None:
    principals = pulumi.Output.all(senders, made.account, hosts).apply(
        lambda known: [
            *known[0],
            f"arn:aws:iam::{known[1]}:root",
            *known[2],
            *made.settings.operators,
            *besides,
        ]
    )
    aws.sqs.QueuePolicy(
        name,
        queue_url=queue.url,
        policy=pulumi.Output.all(queue.arn, principals).apply(
            lambda known: only_these_may_send(*known, redriven_to=redriven_to)
        ),
        opts=pulumi.ResourceOptions(provider=made.provider),
    )
