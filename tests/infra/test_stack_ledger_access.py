"""Which items of the ledger's table each function may read and write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, cast

import pytest

from infra.config.contract import entity_prefixes
from infra.graph.monitor import Declared
from infra.rules.view import of
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.aws.watermarks import DynamoWatermarks
from penstock.domain.ref import EntityKind, Ref
from tests.infra.allowed import Asked, allowed, may, statements


def test_a_sinks_function_writes_down_its_own_attempts_and_nothing_else(
    graph: Sequence[Declared],
) -> None:
    """
    Not on the emulator, which does not know the condition: neither payments nor tokens are a
    plugin's to write.
    """
    for name, statement in statements(graph):
        if name.startswith("deliver-") and statement["Action"][0].startswith("dynamodb:"):
            pk = f"attempt#{name.removeprefix('deliver-')}#evt-1"
            (patterns,) = statement["Condition"].values()

            assert ["dynamodb:GetItem", "dynamodb:PutItem"] == statement["Action"]
            assert any(fnmatchcase(pk, one) for one in patterns["dynamodb:LeadingKeys"])
            assert not any(fnmatchcase("tokens", one) for one in patterns["dynamodb:LeadingKeys"])


TOKENS = "tokens"


RUNS_PLUGINS = {"merchant", "process", "charge", "sweep"}


WRITTEN = (
    "payment#p-1",
    "subscription#paypal-I-1",
    "dispute#paypal-PP-1",
    "notification#paypal/WH-1",
    "seen#paypal/WH-1",
    "days",
)
"""A partition key of everything that those functions commit."""


COMMIT = {"api", *RUNS_PLUGINS}


@pytest.mark.parametrize("pk", WRITTEN)
def test_functions_that_commit_write_what_is_committed(graph: Sequence[Declared], pk: str) -> None:
    assert COMMIT == may(graph, "dynamodb:PutItem", pk)


def test_no_function_writes_a_token(graph: Sequence[Declared]) -> None:
    """
    Not on the emulator, which does not know the condition.
    """
    for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"):
        assert set() == may(graph, f"dynamodb:{action}", TOKENS)


CHECK_TOKENS = {"api", "merchant"}


def test_only_functions_that_check_tokens_read_them_and_note_their_use(
    graph: Sequence[Declared],
) -> None:
    assert CHECK_TOKENS == may(graph, "dynamodb:GetItem", TOKENS)
    assert set() == may(graph, "dynamodb:Query", TOKENS)
    assert CHECK_TOKENS == may(graph, "dynamodb:PutItem", "tokens-used")


async def test_tokens_and_their_use_are_kept_under_the_keys_that_the_role_names() -> None:
    aws = Asked()
    tokens = DynamoTokens(cast("Any", aws), "ledger")
    await tokens.get("t-1")
    await tokens.used("t-1", datetime.now(UTC))
    asked, written = (one.get("Key") or one["Item"] for one in aws.calls)

    assert ({"S": TOKENS}, {"S": "tokens-used"}) == (asked["pk"], written["pk"])


def test_the_prefixes_in_the_contract_are_those_of_the_runtimes_kinds_of_entities() -> None:
    assert {kind.value: str(Ref(kind, "")) for kind in EntityKind} == entity_prefixes()


LOOK_UPS = {
    "by_reference": ("reference", "created_at"),
    "by_subscription": ("subscription", "created_at"),
    "by_day": ("day", "created_at"),
}


def test_the_ledger_has_a_look_up_index_of_keys_for_each_question(
    graph: Sequence[Declared],
) -> None:
    (table,) = of(graph, "Table").values()
    indexes = {one["name"]: one for one in table["globalSecondaryIndexes"]}

    assert {"due", "events", *LOOK_UPS} == indexes.keys()
    for name, keys in LOOK_UPS.items():
        assert keys == (indexes[name]["hashKey"], indexes[name]["rangeKey"])
        assert "KEYS_ONLY" == indexes[name]["projectionType"]


def test_only_functions_that_list_query_the_look_up_indexes(graph: Sequence[Declared]) -> None:
    for index in LOOK_UPS:
        asked = ("dynamodb:Query", f"${{Table/ledger.arn}}/index/{index}")
        # `merchant` finds subscriptions by reference, and the payments of one.
        lists = {"api"} if index == "by_day" else {"api", "merchant"}

        assert lists == {name for name in of(graph, "Function") if asked in allowed(graph, name)}


async def test_what_a_sink_was_sent_is_kept_under_the_key_that_its_role_names() -> None:
    aws = Asked()
    attempts = DynamoAttempts(cast("Any", aws), "ledger")
    await attempts.delivered("slack", "evt-1")
    await attempts.record("slack", "evt-1", datetime.now(UTC))
    asked, written = (one.get("Key") or one["Item"] for one in aws.calls)

    assert {"S": "attempt#slack#evt-1"} == asked["pk"] == written["pk"]


def test_the_gap_detector_reads_notifications_and_moves_watermarks_only(
    graph: Sequence[Declared],
) -> None:
    """
    Not on the emulator, which does not know the condition.
    """
    for pk in ("notification#paypal/WH-1", "watermarks"):
        assert "gaps" in may(graph, "dynamodb:GetItem", pk)
    for pk in (*WRITTEN, TOKENS):
        assert "gaps" not in may(graph, "dynamodb:PutItem", pk)
    assert {"gaps"} == may(graph, "dynamodb:PutItem", "watermarks")


async def test_watermarks_are_kept_under_the_key_that_the_role_names() -> None:
    aws = Asked()
    await DynamoWatermarks(cast("Any", aws), "ledger").get("paypal")

    assert {"S": "watermarks"} == aws.calls[0]["Key"]["pk"]
