"""SES takes what the sink sends (as moto has it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ses.models import ses_backends

from penstock.api import Attempt, AwsError, Delivered, Refused
from penstock.testing.builders import event
from penstock.testing.context import context
from penstock_email.settings import EmailSettings
from penstock_email.sink import EmailSink

SENDER = "payments@penstock.test"
REGION = "eu-west-1"


class DirectAws:
    """AWS without the pool of threads: moto patches this one."""

    def __init__(self) -> None:
        self.clients: Any = boto3.Session("key", "secret", region_name=REGION)

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            return getattr(self.clients.client(service), operation)(**arguments)
        except ClientError as exc:
            raise AwsError(exc.response["Error"]["Code"], status=400) from exc


@pytest.fixture
def ses() -> Iterator[DirectAws]:
    with mock_aws():
        yield DirectAws()


def sink(aws: DirectAws) -> EmailSink:
    settings = EmailSettings(sender=SENDER, recipients=["ada@penstock.test"])
    return EmailSink(context(settings, aws=aws))


async def test_a_verified_sender_is_sent_for(ses: DirectAws):
    await ses.call("sesv2", "create_email_identity", EmailIdentity=SENDER)

    assert Delivered() == await sink(ses).deliver(event(), Attempt(1))
    (sent,) = next(iter(ses_backends.values()))[REGION].sent_messages
    assert "Payment succeeded: 12.50 USD" == sent.subject
    assert ["ada@penstock.test"] == sent.destinations["ToAddresses"]


async def test_an_unverified_sender_is_refused(ses: DirectAws):
    answer = await sink(ses).deliver(event(), Attempt(1))

    assert Refused("SES answered MessageRejected") == answer
