"""A FIFO queue and its dead-letter queue."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access.policies import REDRIVE_FROM_NONE, redrive, redrive_from

RETENTION_SECONDS = 14 * 24 * 3600
# An outage must dead-letter nothing; poison is parked by our code, with its reason. The count is
# the net for crashes only.
MAX_RECEIVES = 200
# SQS's own limit (its default is a quarter of it, and a body of many languages grows in JSON).
# The dead-letter queue must take every message of its queue, and a reason with it.
MAX_PARKED_BYTES = 1024 * 1024
MAX_BYTES = MAX_PARKED_BYTES - 16 * 1024


@dataclass(frozen=True, slots=True)
class FifoQueueArgs:
    """
    Attributes:
        name: the physical name, without `.fifo`.
        visibility_timeout_seconds: how long a message that was handed out is hidden.
        terminal: nobody consumes it, so it has no dead-letter queue.
        key: the ARN of the key that encrypts it; None for SQS's own.
    """

    name: str
    visibility_timeout_seconds: int
    terminal: bool = False
    protect: bool = False
    key: str | None = None


class FifoQueue(pulumi.ComponentResource):
    """
    A high-throughput FIFO queue, encrypted, kept for 14 days.

    Attributes:
        queue: the queue itself.
        dlq: where its parked messages go; None for a terminal queue.
    """

    queue: aws.sqs.Queue
    dlq: aws.sqs.Queue | None

    def __init__(
        self, name: str, args: FifoQueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:messaging:FifoQueue", name, {}, opts)
        # SQS's default lets any queue of the account name this one as its dead-letter queue, and
        # so move messages past what guards it [aws].
        self.queue = self._make(name, args.name, MAX_BYTES, args, REDRIVE_FROM_NONE)
        self.dlq = (
            None
            if args.terminal
            else self._make(f"{name}-dlq", f"{args.name}-dlq", MAX_PARKED_BYTES, args)
        )
        if self.dlq:
            aws.sqs.RedrivePolicy(
                name,
                queue_url=self.queue.url,
                redrive_policy=self.dlq.arn.apply(lambda arn: redrive(arn, MAX_RECEIVES)),
                opts=pulumi.ResourceOptions(parent=self),
            )
            aws.sqs.RedriveAllowPolicy(
                name,
                queue_url=self.dlq.url,
                redrive_allow_policy=self.queue.arn.apply(redrive_from),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"url": self.queue.url})

    def _make(
        self,
        name: str,
        physical: str,
        max_bytes: int,
        args: FifoQueueArgs,
        redrive_allow_policy: str | None = None,
    ) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            name,
            name=f"{physical}.fifo",
            fifo_queue=True,
            # Both, or neither has an effect [aws].
            deduplication_scope="messageGroup",
            fifo_throughput_limit="perMessageGroupId",
            max_message_size=max_bytes,
            message_retention_seconds=RETENTION_SECONDS,
            visibility_timeout_seconds=args.visibility_timeout_seconds,
            # One or the other [aws].
            sqs_managed_sse_enabled=None if args.key else True,
            kms_master_key_id=args.key,
            redrive_allow_policy=redrive_allow_policy,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    @property
    def addresses(self) -> dict[str, pulumi.Output[str]]:
        """The URLs of the queue and of its dead-letter queue, as the stack exports them."""
        return {"url": self.queue.url} | ({"dlqUrl": self.dlq.url} if self.dlq else {})
