"""The mapping that feeds a queue's messages to a function."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.function import Function
from infra.components.queue import FifoQueue

LARGEST_BATCH = 10  # [aws] of a FIFO queue


@dataclass(frozen=True, slots=True)
class QueueMappingArgs:
    """
    Attributes:
        batch_size: how many messages an invocation is handed at most.
        concurrency: how many batches are worked on at once; at least 2 [aws].
        enabled: False leaves the queue to another consumer.
    """

    queue: FifoQueue
    function: Function
    concurrency: int
    batch_size: int = LARGEST_BATCH
    enabled: bool = True


class QueueMapping(pulumi.ComponentResource):
    """Messages of a queue become invocations, answered item by item."""

    def __init__(
        self, name: str, args: QueueMappingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:compute:QueueMapping", name, {}, opts)
        aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=args.queue.queue.arn,
            function_name=args.function.function.arn,
            batch_size=args.batch_size,
            enabled=args.enabled,
            scaling_config={"maximum_concurrency": args.concurrency},
            function_response_types=["ReportBatchItemFailures"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
