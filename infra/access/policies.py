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
LOOK_AT = ("sqs:GetQueueAttributes",)
PURGE = ("sqs:PurgeQueue",)
PUBLISH = ("sns:Publish",)
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey*")
READ_SECRET = ("secretsmanager:GetSecretValue",)
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
# A transaction is authorized by the actions of its items, which are all puts [aws].
LEDGER = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
ATTEMPTS = ("dynamodb:GetItem", "dynamodb:PutItem")
READ_ITEM = ("dynamodb:GetItem",)
WRITE_ITEM = ("dynamodb:PutItem",)
QUERY = ("dynamodb:Query",)
DELETE_ITEM = ("dynamodb:DeleteItem",)
# [aws] X-Ray has no resources that these could be narrowed to (Service Authorization Reference,
# "Actions, resources, and condition keys for AWS X-Ray").
TRACE = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
LOOK_AT_FUNCTION = ("lambda:GetFunctionConfiguration",)
LOOK_AT_TABLE = (
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
)
LOOK_AT_RULE = ("events:DescribeRule",)
LOOK_AT_TOPIC = ("sns:ListSubscriptionsByTopic",)
READ_LOG = ("logs:DescribeLogStreams", "logs:FilterLogEvents")
# [aws] Likewise in "… for AWS Lambda": both list what the account has.
LOOK_AT_ACCOUNT = ("lambda:GetAccountSettings", "lambda:ListEventSourceMappings")
EVERYTHING = "*"
UNSCOPED = frozenset([*TRACE, *LOOK_AT_ACCOUNT])
"""The actions that AWS lets nobody narrow; no other is allowed on everything."""


Condition = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Grant:
    """
    Actions on resources, one statement of a role's policy; resources are resolved ARNs.

    Attributes:
        condition: a condition of the statement.
    """

    actions: Sequence[str]
    resources: Sequence[str]
    condition: Condition | None = None


def role_policy(grants: Sequence[Grant]) -> str:
    """What a role may do."""
    return _document(
        {
            "Effect": "Allow",
            "Action": list(g.actions),
            "Resource": list(g.resources),
            **({"Condition": g.condition} if g.condition else {}),
        }
        for g in grants
    )


def items_only(*patterns: str) -> Condition:
    """
    Only items of a table whose partition key matches one of the patterns.

    [aws] Every get, put and query names its partition key; in a transaction each item is checked.
    """
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(patterns)}}


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


NOT_A_SERVICE: Condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


def only_these_may_send(
    queue_arn: str, principals: Sequence[str], *, redriven_to: bool = False
) -> str:
    """
    Refuse everybody else the sending to a queue, whatever they are allowed elsewhere.

    An Allow would not do: within one account a role's own policy suffices [aws].

    Args:
        redriven_to: it is a dead-letter queue, to which SQS itself moves letters: the Deny leaves
            services alone, which have no ARN of a principal. None has an Allow.
    """
    spared = {"ArnNotEquals": {"aws:PrincipalArn": list(principals)}}
    return _document(
        [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {**spared, **(NOT_A_SERVICE if redriven_to else {})},
            }
        ]
    )


ALERTING = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")


def alerts_from(topic_arn: str, account: str) -> str:
    """Let alarms and budgets of the account, and nobody else's, publish on a topic."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
        for service in ALERTING
    )


def alerts_key(account: str) -> str:
    """
    Let alarms and budgets encrypt what they say, and the account's own policies decide the rest.

    [aws] As the SNS guide has it, "Key management": `*` is the key itself. There is no condition
    on the account: the topic has it, and a key without the topic gives nobody anything.
    """
    owner = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    encrypts = (
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": list(ENCRYPT),
            "Resource": "*",
        }
        for service in ALERTING
    )
    return _document([owner, *encrypts])


def redrive(dlq_arn: str, max_receives: int) -> str:
    """Where a message goes that was handed out too often."""
    return json.dumps({"deadLetterTargetArn": dlq_arn, "maxReceiveCount": max_receives})


REDRIVE_FROM_NONE = json.dumps({"redrivePermission": "denyAll"})
"""No queue has this one as its dead-letter queue."""


def redrive_from(queue_arn: str) -> str:
    """The one queue whose messages a dead-letter queue takes."""
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn]})


def _document(statements: Any) -> str:
    document: Mapping[str, Any] = {"Version": VERSION, "Statement": list(statements)}
    return json.dumps(document)
