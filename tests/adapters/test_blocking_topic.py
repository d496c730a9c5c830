"""The topic of the receive function: kept once it is said to be, patient, and within its time."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.emulator import PYTHON, REGION, Emulator
from penstock.adapters.blocking_topic import TOTAL_SECONDS, BlockingTopic
from penstock.errors import ChannelUnavailable, SettingsError
from penstock.ports import Outgoing
from penstock_paypal.simulator.authority import Authority, pem
from tests.adapters.sns import TAKEN, Sns, serving

ARN = "arn:aws:sns:eu-west-1:000000000000:deliveries.fifo"
MESSAGE = Outgoing('{"é": "🙂 + & ="}', group="g-1", dedup="d-1", attributes={"type": "a b"})
CREDENTIALS = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "hunter2",
}


def error(code: str) -> bytes:
    said = f"<Error><Code>{code}</Code><Message>hunter2</Message></Error>"
    return f"<ErrorResponse>{said}</ErrorResponse>".encode()


class Time:
    """A clock that moves only while somebody waits, or by so much at each look."""

    def __init__(self, per_look: float = 0.0) -> None:
        self.at = 0.0
        self.slept: list[float] = []
        self._per_look = per_look

    def monotonic(self) -> float:
        self.at += self._per_look
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def send(one: BlockingTopic, message: Outgoing = MESSAGE) -> None:
    """Publish, without a loop, as the function does."""
    with pytest.raises(StopIteration):
        one.send(message).send(None)


def connected(sns: Sns, environ: Mapping[str, str], **arguments: Any) -> BlockingTopic:
    return sns.clients.enter_context(closing(BlockingTopic(ARN, environ, **arguments)))


def topic(
    sns: Sns, time: Time | None = None, environ: Mapping[str, str] = CREDENTIALS
) -> BlockingTopic:
    time = time or Time()
    return connected(
        sns,
        {**environ, "AWS_ENDPOINT_URL": sns.url},
        monotonic=time.monotonic,
        sleep=time.sleep,
        jitter=lambda: 0.5,
    )


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


def test_credentials_are_read_anew_for_every_publish():
    """
    Lambda changes them while a sandbox lives.
    """
    environ = dict(CREDENTIALS)
    with serving(Sns()) as sns:
        environ["AWS_ENDPOINT_URL"] = sns.url
        one = connected(sns, environ)
        send(one)
        environ |= {"AWS_ACCESS_KEY_ID": "AKIDOTHER", "AWS_SESSION_TOKEN": "token-2"}
        send(one)

    (first, _), (second, _) = sns.requests
    assert ["AKIDEXAMPLE", "AKIDOTHER"] == [
        one["authorization"].partition("Credential=")[2].partition("/")[0]
        for one in (first, second)
    ]
    assert [None, "token-2"] == [one.get("x-amz-security-token") for one in (first, second)]


@pytest.mark.parametrize("missing", CREDENTIALS)
def test_a_missing_credential_is_named(missing: str):
    """
    The variable, not a signature that AWS refuses.
    """
    environ = {name: value for name, value in CREDENTIALS.items() if name != missing}
    with serving(Sns()) as sns, pytest.raises(SettingsError, match=f"{missing} is missing"):
        send(topic(sns, environ=environ))


def test_the_trace_goes_on_to_the_topic():
    """
    X-Ray sees one line from the door to the last sink.
    """
    with serving(Sns()) as sns:
        send(topic(sns, environ={**CREDENTIALS, "_X_AMZN_TRACE_ID": "Root=1-2;Sampled=1"}))

    assert "Root=1-2;Sampled=1" == sns.requests[0][0]["x-amzn-trace-id"]


def test_over_tls_the_server_must_prove_who_it_is(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
):
    """
    A certificate that hangs on none of the system's roots gets no webhook.
    """
    context, root = certified
    with serving(Sns(), context) as sns:
        with pytest.raises(ChannelUnavailable, match="SSLCertVerificationError"):
            send(topic(sns))
        assert [] == sns.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(root))
        send(topic(sns))

    assert 1 == len(sns.requests)


def test_the_few_roots_of_a_zip_are_tried_first_and_then_the_systems(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """
    AWS may change who signs for it: that costs a moment, not a webhook.
    """
    context, root = certified
    other = tmp_path / "other.pem"
    other.write_bytes(pem(Authority.make(datetime.now(UTC)).root))
    with serving(Sns(), context) as sns:
        environ = {**CREDENTIALS, "AWS_ENDPOINT_URL": sns.url}
        send(connected(sns, environ, roots=root))
        monkeypatch.setenv("SSL_CERT_FILE", str(root))
        send(connected(sns, environ, roots=other))

    assert 2 == len(sns.requests)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator that checks signatures and policies."""
    if not PYTHON.exists():
        pytest.fail("the emulator is not installed: run `make setup`", pytrace=False)
    with Emulator.start(tmp_path_factory.mktemp("guarded"), auth=True) as emulator:
        yield emulator


@pytest.mark.emulator
def test_aws_takes_our_signature_and_no_other(guarded: Emulator):
    """
    With a role's temporary credentials the message arrives; with a wrong secret it does not.
    """
    client = _root(guarded)
    sns, sqs, iam = client("sns"), client("sqs"), client("iam")
    fifo = {"FifoTopic": "true"}
    arn = sns.create_topic(Name="deliveries.fifo", Attributes=fifo)["TopicArn"]
    url = sqs.create_queue(QueueName="seen.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={
            "Policy": policy("sqs:SendMessage", queue["QueueArn"], Principal={"AWS": "*"})
        },
    )
    sns.subscribe(
        TopicArn=arn,
        Protocol="sqs",
        Endpoint=queue["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    trust = policy("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName="receive", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="receive", PolicyName="publish", PolicyDocument=policy("sns:Publish", arn)
    )
    given = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    environ = {
        "AWS_ENDPOINT_URL": guarded.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }

    forged = {**environ, "AWS_SECRET_ACCESS_KEY": "wrong"}
    with closing(BlockingTopic(arn, environ)) as ours, closing(BlockingTopic(arn, forged)) as bad:
        send(ours)
        with pytest.raises(ChannelUnavailable, match="403 SignatureDoesNotMatch"):
            send(bad)

    received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10)
    assert [MESSAGE.body] == [message["Body"] for message in received["Messages"]]


def policy(action: str, resource: str | None, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **more}
    if resource:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _root(emulator: Emulator) -> Callable[[str], Any]:
    session = boto3.Session("test", "test", region_name=REGION)
    return lambda service: session.client(service, endpoint_url=emulator.url)
