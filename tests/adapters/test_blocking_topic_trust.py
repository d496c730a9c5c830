"""A publish without boto3: its credentials, its signature and whom it trusts."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.emulator import PYTHON, REGION, Emulator
from penstock.adapters.blocking_topic import BlockingTopic
from penstock.errors import ChannelUnavailable, SettingsError
from penstock_paypal.simulator.authority import Authority, pem
from tests.adapters.publishing import CREDENTIALS, MESSAGE, connected, send, topic
from tests.adapters.sns import Sns, serving


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
