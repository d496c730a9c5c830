"""Single calls of one client, on moto: attempts, tokens, secrets, e-mail."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from penstock.adapters.aws.answers import DynamoAnswers
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.audit import DynamoAudit
from penstock.adapters.aws.restrictions import DynamoRestrictions
from penstock.adapters.aws.secrets import Share, aws_secrets
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.aws.values import to_item
from penstock.adapters.aws.watermarks import DynamoWatermarks
from penstock.api import AwsError
from penstock.domain.caller import Scope
from penstock.errors import GatewayUnavailable, LedgerUnavailable
from penstock.ports import Token
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.ports import (
    AnswersConformance,
    AttemptsConformance,
    AuditConformance,
    RestrictionsConformance,
    SecretsConformance,
    TokensConformance,
    WatermarksConformance,
)

SENDER = "billing@penstock.test"
WEBHOOK = {"webhook_id": "WH-1"}


class TestDynamoAnswers(AnswersConformance):
    @pytest.fixture
    async def answers(self, moto_bench):
        return DynamoAnswers(moto_bench.clients, await moto_bench.table())


class TestDynamoAttempts(AttemptsConformance):
    @pytest.fixture
    async def attempts(self, moto_bench):
        return DynamoAttempts(moto_bench.clients, await moto_bench.table())


class TestDynamoAudit(AuditConformance):
    @pytest.fixture
    async def audit(self, moto_bench):
        return DynamoAudit(moto_bench.clients, await moto_bench.table())


class TestDynamoRestrictions(RestrictionsConformance):
    @pytest.fixture
    async def restrictions(self, moto_bench):
        return DynamoRestrictions(moto_bench.clients, await moto_bench.table())

    async def test_a_restriction_that_only_newer_code_knows_stops_every_submit(self, moto_bench):
        """
        What it is about cannot be told, so nothing may be submitted.
        """
        name = await moto_bench.table()
        item = {"pk": "restrictions", "sk": "country#DE", "kind": "country", "value": "DE"}
        await moto_bench.clients.call("dynamodb", "put_item", TableName=name, Item=to_item(item))

        with pytest.raises(LedgerUnavailable):
            await DynamoRestrictions(moto_bench.clients, name).list()


class TestDynamoWatermarks(WatermarksConformance):
    @pytest.fixture
    async def watermarks(self, moto_bench):
        return DynamoWatermarks(moto_bench.clients, await moto_bench.table())


class TestDynamoTokens(TokensConformance):
    @pytest.fixture
    async def tokens(self, moto_bench):
        return DynamoTokens(moto_bench.clients, await moto_bench.table())

    async def test_a_token_from_before_there_were_scopes_reads_and_pays(self, moto_bench):
        """
        An item as the code before wrote it, and its client: the one of all old tokens.
        """
        name = await moto_bench.table()
        item = {"pk": "tokens", "sk": "t-old", "name": "shop", "digest": "5f70bf18"}
        item["created_at"] = "2026-11-02T12:00:00.000000Z"
        await moto_bench.clients.call("dynamodb", "put_item", TableName=name, Item=to_item(item))

        expected = Token("t-old", "shop", "5f70bf18", NOON)
        assert expected == await DynamoTokens(moto_bench.clients, name).get("t-old")
        assert ({"read", "pay"}, "default", None) == (
            set(expected.scopes),
            expected.client,
            expected.expires_at,
        )

    async def test_code_from_before_there_were_scopes_refuses_a_token_that_has_some(
        self, moto_bench
    ):
        """
        It would let the token do everything. It compares `digest`, which is no hash any more.
        """
        name = await moto_bench.table()
        await DynamoTokens(moto_bench.clients, name).put(
            Token("t-1", "reports", "5f70bf18", NOON, frozenset({Scope.read}))
        )
        key = to_item({"pk": "tokens", "sk": "t-1"})
        answer = await moto_bench.clients.call("dynamodb", "get_item", TableName=name, Key=key)

        assert "-" == answer["Item"]["digest"]["S"]
        assert {"name", "created_at"} <= answer["Item"].keys()

    async def test_a_scope_that_only_newer_code_knows_allows_nothing(self, moto_bench):
        name = await moto_bench.table()
        item = {"pk": "tokens", "sk": "t-1", "name": "shop", "digest": "-", "hash": "5f70bf18"}
        item["created_at"] = "2026-11-02T12:00:00.000000Z"
        await moto_bench.clients.call(
            "dynamodb",
            "put_item",
            TableName=name,
            Item=to_item({**item, "scopes": ["read", "refund"]}),
        )
        read = await DynamoTokens(moto_bench.clients, name).get("t-1")

        assert read is not None
        assert {"read"} == read.scopes


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
