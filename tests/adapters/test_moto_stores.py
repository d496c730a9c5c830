"""The stores in DynamoDB, held to their ports."""

from __future__ import annotations

import pytest

from penstock.adapters.aws.answers import DynamoAnswers
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.audit import DynamoAudit
from penstock.adapters.aws.restrictions import DynamoRestrictions
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.aws.values import to_item
from penstock.adapters.aws.watermarks import DynamoWatermarks
from penstock.domain.caller import Scope
from penstock.errors import LedgerUnavailable
from penstock.ports import Token
from penstock.testing.clock import NOON
from penstock.testing.ports import (
    AnswersConformance,
    AttemptsConformance,
    AuditConformance,
    RestrictionsConformance,
    TokensConformance,
    WatermarksConformance,
)


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
