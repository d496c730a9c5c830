"""Policy documents as plain data: exact actions on exact resources."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERSION = "2012-10-17"

CONSUME = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
)
SEND = ("sqs:SendMessage",)
PUBLISH = ("sns:Publish",)
READ_SECRET = ("secretsmanager:GetSecretValue",)
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
# A transaction is authorized by the actions of its items, which are all puts [aws].
LEDGER = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
ATTEMPTS = ("dynamodb:GetItem", "dynamodb:PutItem")
QUERY = ("dynamodb:Query",)


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources, one statement of a role's policy; resources are resolved ARNs."""

    actions: Sequence[str]
    resources: Sequence[str]


def role_policy(grants: Sequence[Grant]) -> str:
    """What a role may do."""
    return _document(
        {"Effect": "Allow", "Action": list(g.actions), "Resource": list(g.resources)}
        for g in grants
    )


def trust(service: str) -> str:
    """Who may take a role on: one AWS service."""
    return _document(
        [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
    )


def topic_may_send(queue_arn: str, topic_arn: str) -> str:
    """Let one topic, and no other of anybody's, send to a queue."""
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            }
        ]
    )


def redrive(dlq_arn: str, max_receives: int) -> str:
    """Where a message goes that was handed out too often."""
    return json.dumps({"deadLetterTargetArn": dlq_arn, "maxReceiveCount": max_receives})


def redrive_from(queue_arn: str) -> str:
    """The one queue whose messages a dead-letter queue takes."""
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn]})


def _document(statements: Any) -> str:
    document: Mapping[str, Any] = {"Version": VERSION, "Statement": list(statements)}
    return json.dumps(document)
