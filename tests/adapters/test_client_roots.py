"""Which roots AWS's certificates are checked against: the few of a zip, then botocore's."""

from __future__ import annotations

import ssl
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock.adapters.aws.clients import Clients
from penstock.errors import GatewayUnavailable
from penstock_paypal.simulator.authority import Authority, pem
from tests.adapters.sns import Sns, serving

NAMED = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""The variables that name roots for botocore."""
PUBLISH = {
    "TopicArn": "arn:aws:sns:eu-west-1:000000000000:events.fifo",
    "Message": "{}",
    "MessageGroupId": "g-1",
    "MessageDeduplicationId": "d-1",
}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A root that the server's certificate does not hang on."""
    path = tmp_path / "other.pem"
    path.write_bytes(pem(Authority.make(datetime.now(UTC)).root))
    return path


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, and no waiting between botocore's attempts."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in NAMED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def publish(sns: Sns, monkeypatch: pytest.MonkeyPatch, roots: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sns.url)
    with closing(Clients(roots=roots)) as clients:
        clients.call_now("sns", "publish", PUBLISH)


def test_the_few_roots_of_a_zip_are_enough(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
):
    context, root = certified
    with serving(Sns(), context) as sns:
        publish(sns, monkeypatch, root)

    assert 1 == len(sns.requests)


def test_a_certificate_of_another_root_is_checked_against_all_that_botocore_trusts(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, other: Path
):
    """
    AWS may change who signs for it: that costs a moment, not a payment.
    """
    context, root = certified
    monkeypatch.setattr("botocore.httpsession.where", lambda: str(root))
    with serving(Sns(), context) as sns:
        publish(sns, monkeypatch, other)

    assert 1 == len(sns.requests)


def test_a_certificate_that_nobody_trusts_gets_no_call(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch, other: Path
):
    context, _ = certified
    with serving(Sns(), context) as sns, pytest.raises(GatewayUnavailable, match="SSLError"):
        publish(sns, monkeypatch, other)

    assert [] == sns.requests


@pytest.mark.parametrize("name", NAMED)
def test_roots_that_the_environment_names_are_the_only_ones(
    certified: tuple[ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
    other: Path,
    name: str,
):
    context, root = certified
    monkeypatch.setenv(name, str(other))
    with serving(Sns(), context) as sns, pytest.raises(GatewayUnavailable, match="SSLError"):
        publish(sns, monkeypatch, root)

    assert [] == sns.requests
