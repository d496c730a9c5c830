"""The ports on AWS, over boto3 in a bounded pool of threads."""

from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.audit import DynamoAudit
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.aws.inbox import SqsInbox, message_from_record
from penstock.adapters.aws.secrets import aws_secrets
from penstock.adapters.aws.sns import SnsChannel
from penstock.adapters.aws.sqs import SqsChannel
from penstock.adapters.aws.threads import Threads
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.aws.watermarks import DynamoWatermarks

__all__ = [
    "Clients",
    "DynamoAttempts",
    "DynamoAudit",
    "DynamoLedger",
    "DynamoTokens",
    "DynamoWatermarks",
    "SnsChannel",
    "SqsChannel",
    "SqsInbox",
    "Threads",
    "aws_secrets",
    "message_from_record",
]
