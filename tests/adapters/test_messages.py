"""Messages as Lambda's mapping hands them over."""

from __future__ import annotations

from datetime import UTC, datetime

from penstock.adapters.aws.messages import message_from_record
from penstock.ports import Message


def test_a_record_is_a_message():
    """
    A record of the mapping's event holds what a receive would have given (AWS, Lambda with SQS).
    """
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": "Test message.",
        "attributes": {
            "ApproximateReceiveCount": "3",
            "SentTimestamp": "1545082649183",
            "SequenceNumber": "18849496460467696128",
            "MessageGroupId": "pay-1",
            "MessageDeduplicationId": "d-1",
        },
        "messageAttributes": {
            "type": {
                "stringValue": "payment.succeeded",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "picture": {"binaryValue": "AAE=", "dataType": "Binary"},
        },
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue.fifo",
        "awsRegion": "us-east-2",
    }

    assert Message(
        id="059f36b4-87a3-44ab-83d2-661975830a7d",
        content="Test message.",
        group="pay-1",
        receipt="AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        receives=3,
        attributes={"type": "payment.succeeded"},
        sent_at=datetime(2018, 12, 17, 21, 37, 29, 183000, UTC),
    ) == message_from_record(record)
