"""SES takes what the sink sends, through the adapter a function has (SES as moto has it)."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from moto.ses.models import ses_backends

from penstock.adapters.aws.clients import Clients
from penstock.api import Attempt, AwsError, Delivered, RetryAfter
from penstock.testing.builders import event
from penstock.testing.context import context
from penstock_email.settings import EmailSettings
from penstock_email.sink import EmailSink

SENDER = "payments@penstock.test"
REGION = "eu-west-1"


@pytest.fixture
def ses() -> Iterator[Clients]:
    with mock_aws():
        clients = Clients(session=boto3.Session("key", "secret", region_name=REGION))
        yield clients
        clients.close()


def sink(aws: Clients) -> EmailSink:
    settings = EmailSettings(sender=SENDER, recipients=["ada@penstock.test"])
    return EmailSink(context(settings, aws=aws))


async def test_a_verified_sender_is_sent_for(ses: Clients):
    await ses.call("sesv2", "create_email_identity", EmailIdentity=SENDER)

    assert Delivered() == await sink(ses).deliver(event(), Attempt(1))
    (sent,) = next(iter(ses_backends.values()))[REGION].sent_messages
    assert "Payment succeeded: 12.50 USD" == sent.subject
    assert ["ada@penstock.test"] == sent.destinations["ToAddresses"]


async def test_an_unverified_sender_is_waited_for(ses: Clients):
    """
    Parked, each event would have to be redriven by hand once the address is verified.
    """
    waits = RetryAfter("SES answered MessageRejected: an address is not verified", 3600.0)

    assert waits == await sink(ses).deliver(event(), Attempt(1))


async def test_awss_own_words_are_there_to_tell_causes_apart_and_in_no_text(ses: Clients):
    with pytest.raises(AwsError) as refused:
        await ses.call(
            "sesv2",
            "send_email",
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [SENDER]},
            Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        )

    assert SENDER in refused.value.said
    assert SENDER not in f"{refused.value} {refused.value!r}"
