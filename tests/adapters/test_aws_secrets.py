"""Secrets in Secrets Manager, and calls of plugins to AWS."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.secrets import Share, aws_secrets
from penstock.api import AwsError
from penstock.errors import GatewayUnavailable, LedgerUnavailable
from penstock.testing.clock import FrozenClock
from penstock.testing.ports import SecretsConformance

SENDER = "billing@penstock.test"
WEBHOOK = {"webhook_id": "WH-1"}


class AwsVault:
    """A secret in Secrets Manager; `call` passes on and counts."""

    def __init__(self, clients) -> None:
        self.clock = FrozenClock()
        self.secrets = aws_secrets(self, "penstock-test/paypal", self.clock)
        self.reads = 0
        self._clients = clients

    async def call(self, service, operation, **arguments):
        self.reads += arguments.get("VersionStage") == "AWSCURRENT"
        return await self._clients.call(service, operation, **arguments)

    async def make(self) -> None:
        await self._clients.call("secretsmanager", "create_secret", Name="penstock-test/paypal")

    async def write(self, fields: Mapping[str, str]) -> None:
        await self.write_text(json.dumps(fields))

    async def write_text(self, text: str) -> None:
        await self._clients.call(
            "secretsmanager",
            "put_secret_value",
            SecretId="penstock-test/paypal",
            SecretString=text,
        )


@pytest.fixture
async def empty_vault(moto_bench) -> AwsVault:
    vault = AwsVault(moto_bench.clients)
    await vault.make()
    return vault


class TestAwsSecrets(SecretsConformance):
    @pytest.fixture
    async def vault(self, empty_vault):
        await empty_vault.write({"key": "one"})
        return empty_vault


async def test_a_secret_without_a_value_says_so(empty_vault):
    """
    A container that nobody wrote to is told apart from a wrong value, and a value heals it.
    """
    with pytest.raises(GatewayUnavailable, match="penstock-test/paypal: no value"):
        await empty_vault.secrets.get()
    await empty_vault.write({"key": "one"})

    assert ("one",) == (await empty_vault.secrets.get()).values("key")


@pytest.mark.parametrize("text", ["s3cr3t-not-json", '["s3cr3t"]', '"s3cr3t"', "null"])
async def test_a_malformed_secret_is_not_quoted(empty_vault, text):
    """
    What is wrong is said without a character of the secret, in the causes too.
    """
    await empty_vault.write_text(text)

    with pytest.raises(GatewayUnavailable, match="not a JSON object") as failure:
        await empty_vault.secrets.get()

    assert "s3cr3t" not in "".join(traceback.format_exception(failure.value))


class Withheld:
    """A gateway's two secrets; AWS refuses reads of the second one with `code`."""

    def __init__(self, clients, code) -> None:
        self.clock = FrozenClock()
        self.code = code
        self._clients = clients

    def secrets(self, share):
        return aws_secrets(self, "penstock-test/paypal", self.clock, ("webhook_id",), share)

    async def call(self, service, operation, **arguments):
        if self.code and arguments["SecretId"].endswith("-webhooks"):
            raise AwsError(self.code, status=400)
        return await self._clients.call(service, operation, **arguments)


@pytest.fixture
async def two_secrets(moto_bench):
    for name, fields in (("", {"key": "hush", "webhook_id": "WH-0"}), ("-webhooks", WEBHOOK)):
        await moto_bench.clients.call(
            "secretsmanager",
            "create_secret",
            Name=f"penstock-test/paypal{name}",
            SecretString=json.dumps(fields),
        )
    return moto_bench.clients


async def test_a_refused_second_secret_withholds_nothing_of_the_first_one(two_secrets):
    """
    Charges go on; without a webhook id deliveries wait. It is said once, without values.
    """
    vault = Withheld(two_secrets, "AccessDeniedException")
    secrets = vault.secrets(Share.whole)
    with capture_logs() as lines:
        first = await secrets.get()
        vault.clock.advance(300)
        second = await secrets.get()

    assert ({"key": "hush"},) == first.versions == second.versions
    expected = {
        "event": "webhooks.unreadable",
        "name": "penstock-test/paypal-webhooks",
        "because": "AWS answered AccessDeniedException",
        "log_level": "warning",
    }
    assert [expected] == lines


async def test_a_second_secret_that_may_be_read_again_is_read(two_secrets):
    vault = Withheld(two_secrets, "AccessDeniedException")
    secrets = vault.secrets(Share.whole)
    await secrets.get()
    vault.code = None
    vault.clock.advance(300)

    assert ("WH-1",) == (await secrets.get()).values("webhook_id")


async def test_a_second_secret_that_is_not_there_withholds_nothing_of_the_first_one(two_secrets):
    """
    As long as the stack has none, the first one's copy is good.
    """
    secret = await Withheld(two_secrets, "ResourceNotFoundException").secrets(Share.whole).get()

    assert (("hush",), ("WH-0",)) == (secret.values("key"), secret.values("webhook_id"))


@pytest.mark.parametrize(
    ("share", "code"),
    [
        (Share.whole, "ThrottlingException"),
        (Share.whole, "InternalServiceError"),
        (Share.webhooks, "AccessDeniedException"),
    ],
)
async def test_a_second_secret_that_gives_no_answer_makes_the_reader_wait(
    two_secrets, share, code
):
    with pytest.raises(GatewayUnavailable, match=code):
        await Withheld(two_secrets, code).secrets(share).get()


async def test_only_text_fields_are_fields(empty_vault):
    """
    A number or a list in a secret is no value of a field.
    """
    await empty_vault.write_text('{"key": "one", "number": 5, "list": ["a"]}')

    secret = await empty_vault.secrets.get()

    assert ({"key": "one"},) == secret.versions


async def test_a_table_that_is_not_there_is_unavailable(moto_bench):
    """
    A refusal by DynamoDB is transient: a message waits for people to mend the stack.
    """
    with pytest.raises(LedgerUnavailable, match="ResourceNotFoundException"):
        await DynamoAttempts(moto_bench.clients, "elsewhere").delivered("slack", "event-1")


async def test_a_plugin_sends_an_e_mail(moto_bench):
    """
    A plugin's call reaches the service, and the answer comes back.
    """
    await moto_bench.clients.call("sesv2", "create_email_identity", EmailIdentity=SENDER)

    answer = await moto_bench.clients.call("sesv2", "send_email", **_letter())

    assert answer["MessageId"]


async def test_a_plugin_s_refused_call_tells_the_code_alone(moto_bench):
    """
    AWS's text names the address; the error has the code and the status.
    """
    with pytest.raises(AwsError) as refusal:
        await moto_bench.clients.call("sesv2", "send_email", **_letter())

    assert ("MessageRejected", 400) == (refusal.value.code, refusal.value.status)
    told = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)
    assert "penstock.test" not in told


async def test_a_plugin_s_wrong_arguments_are_not_quoted(moto_bench):
    """
    Arguments that the call does not have are an error that does not repeat them.
    """
    wrong = {**_letter(), "Destination": SENDER}

    with pytest.raises(AwsError) as refusal:
        await moto_bench.clients.call("sesv2", "send_email", **wrong)

    assert "ParamValidation" == refusal.value.code
    assert "billing@" not in "".join(traceback.format_exception(refusal.value))


def _letter():
    return {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["ada@penstock.test"]},
        "Content": {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Text"}}}},
    }
