"""A publish without boto3: kept connections, pauses and patience."""

from __future__ import annotations

import pytest

from penstock.adapters.blocking_topic import TOTAL_SECONDS
from penstock.errors import ChannelUnavailable
from tests.adapters.publishing import ARN, MESSAGE, Time, send, topic
from tests.adapters.sns import TAKEN, Sns, serving


def error(code: str) -> bytes:
    said = f"<Error><Code>{code}</Code><Message>hunter2</Message></Error>"
    return f"<ErrorResponse>{said}</ErrorResponse>".encode()


def test_the_message_arrives_as_it_was_given():
    """
    Body, group, dedup id and attributes, in SNS's own form.
    """
    with serving(Sns()) as sns:
        send(topic(sns))

    ((headers, form),) = sns.requests
    assert {
        "Action": "Publish",
        "Version": "2010-03-31",
        "TopicArn": ARN,
        "Message": MESSAGE.body,
        "MessageGroupId": "g-1",
        "MessageDeduplicationId": "d-1",
        "MessageAttributes.entry.1.Name": "type",
        "MessageAttributes.entry.1.Value.DataType": "String",
        "MessageAttributes.entry.1.Value.StringValue": "a b",
    } == form
    assert "/eu-west-1/sns/aws4_request" in headers["authorization"]


def test_one_connection_serves_all_publishes():
    """
    A warm function makes no new connection.
    """
    with serving(Sns()) as sns:
        one = topic(sns)
        for _ in range(3):
            send(one)

    assert (3, 1) == (len(sns.requests), sns.connections)


def test_a_kept_connection_that_the_server_has_ended_is_made_anew_at_once():
    """
    A sandbox that slept finds its connection gone; the webhook is kept all the same.
    """
    time = Time()
    with serving(Sns("answer, then hang up")) as sns:
        one = topic(sns, time)
        send(one)
        assert sns.hung_up.wait(5)
        send(one)

    assert (2, 2, []) == (len(sns.requests), sns.connections, time.slept)


def test_a_connection_that_ends_in_the_middle_is_tried_again_with_the_same_dedup_id():
    """
    SNS may have kept the first: its dedup id makes the second harmless.
    """
    with serving(Sns((200, TAKEN), "hang up", "hang up")) as sns:
        one = topic(sns)
        for _ in range(2):
            send(one)

    assert ["d-1"] * 4 == [form["MessageDeduplicationId"] for _, form in sns.requests]


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "Throttled"), (400, "Throttling"), (400, "KMSThrottling"), (503, ""), (500, "Oops")],
)
def test_what_says_later_is_asked_again_after_a_pause(status: int, code: str):
    """
    Each pause is longer than the one before, until it is taken.
    """
    time = Time()
    with serving(Sns((status, error(code)), (status, error(code)))) as sns:
        send(topic(sns, time))

    assert 3 == len(sns.requests)
    assert [0.1, 0.3] == time.slept


@pytest.mark.parametrize(
    "answer",
    [(403, error("AuthorizationError")), (400, error("InvalidParameter")), (200, b""), (302, b"")],
)
def test_what_will_not_be_taken_is_said_at_once_and_without_payloads(answer: tuple[int, bytes]):
    """
    No MessageId, no acceptance; and what AWS says may quote what we sent.
    """
    with serving(Sns(answer)) as sns, pytest.raises(ChannelUnavailable) as told:
        send(topic(sns))

    assert 1 == len(sns.requests)
    assert "hunter2" not in str(told.value)


def test_patience_ends_with_the_tries():
    """
    A topic that is throttled for good is given up.
    """
    with serving(Sns(*[(503, b"")] * 9)) as sns, pytest.raises(ChannelUnavailable, match="503"):
        send(topic(sns))

    assert 4 == len(sns.requests)


def test_patience_ends_with_the_time():
    """
    Slow answers leave no time for more of them.
    """
    time = Time(per_look=TOTAL_SECONDS * 0.6)
    with serving(Sns(*[(503, b"")] * 9)) as sns, pytest.raises(ChannelUnavailable):
        send(topic(sns, time))

    assert (1, []) == (len(sns.requests), time.slept)


def test_nobody_there_is_a_channel_that_is_not_available():
    """
    Refused connections are worth a retry by the gateway, and show nothing.
    """
    with serving(Sns()) as sns:
        pass
    with pytest.raises(ChannelUnavailable, match="no answer: ConnectionRefusedError"):
        send(topic(sns))
