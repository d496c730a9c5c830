"""What a key of the customer's must allow, and what our roles need to use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from infra.access.policies import ALERTING, ENCRYPT, VERSION, Condition
from infra.components.function import Permit

_READS = ("kms:Decrypt",)
_WRITES = ("kms:Decrypt", "kms:GenerateDataKey")
# [aws] DynamoDB, "Encryption at rest usage notes": what a principal needs to use a table whose key
# is the customer's, each action by its own name; to make a grant only who makes the table.
_TABLE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
# [aws] SQS, "Key management": who sends needs both, who receives Decrypt. SNS, "Key management":
# who publishes needs both. Secrets Manager, "Secret encryption": who reads needs Decrypt.
_KEEPING = ("dynamodb", "logs", "secretsmanager", "sns", "sqs")
USES: Mapping[str, tuple[str, Sequence[str]]] = {
    "sqs:SendMessage": ("sqs", _WRITES),
    "sqs:ReceiveMessage": ("sqs", _READS),
    "sns:Publish": ("sns", _WRITES),
    "secretsmanager:GetSecretValue": ("secretsmanager", _READS),
    "dynamodb:": ("dynamodb", _TABLE),
}
"""By action, or by what it begins with: the service that uses the key, and what that takes."""


def key_permits(key: str | None, region: str, permits: Sequence[Permit]) -> Sequence[Permit]:
    """What a role needs of the key to do what its permits allow, through those services only."""
    if key is None:
        return []
    needed: dict[str, set[str]] = {}
    for action in (action for permit in permits for action in permit.actions):
        for begin, (service, actions) in USES.items():
            if action.startswith(begin):
                needed.setdefault(service, set()).update(actions)
    return [
        Permit(sorted(actions), [key], _through([service], region))
        for service, actions in sorted(needed.items())
    ]


def deployer_uses(region: str) -> Sequence[tuple[Sequence[str], Condition]]:
    """
    What the deployer needs to give the key to table, secrets, queues, topics and log groups.

    Only through those services, and it grants the key to AWS's services only [aws] ("AWS KMS
    condition keys": `kms:ViaService`, `kms:GrantIsForAWSResource`).
    """
    grants: Condition = {"Bool": {"kms:GrantIsForAWSResource": ["true"]}}
    return [(_TABLE, _through(_KEEPING, region)), (("kms:CreateGrant",), grants)]


def _through(services: Sequence[str], region: str) -> Condition:
    return {
        "StringEquals": {"kms:ViaService": [f"{one}.{region}.amazonaws.com" for one in services]}
    }


def key_policy(account: str, region: str, stack: str) -> str:
    """
    The policy that the key must have: the account's own policies decide, and services that use it
    by themselves may.
    """
    return json.dumps(
        {"Version": VERSION, "Statement": list(_statements(account, region, stack))}, indent=1
    )


def _statements(account: str, region: str, stack: str) -> Iterator[Mapping[str, object]]:
    yield {
        "Sid": "TheAccountsPoliciesDecide",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    # SNS hands on to encrypted queues; alarms and the budget speak to an encrypted topic [aws].
    yield {
        "Sid": "ServicesThatSendByThemselves",
        "Effect": "Allow",
        "Principal": {"Service": ["sns.amazonaws.com", *ALERTING]},
        "Action": list(ENCRYPT),
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    # [aws] CloudWatch Logs, "Encrypt log data using AWS KMS": limited to the stack's log groups.
    groups = f"arn:aws:logs:{region}:{account}:log-group:"
    yield {
        "Sid": "TheStacksLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:DescribeKey",
        ],
        "Resource": "*",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": [
                    f"{groups}/aws/lambda/penstock-{stack}-*",
                    f"{groups}/aws/vendedlogs/penstock-{stack}-*",
                    f"{groups}/penstock/{stack}/*",
                ]
            }
        },
    }
