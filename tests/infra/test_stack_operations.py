"""Operators' commands in the stack: nothing of them by default, and what turning them on adds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from infra.access.permitted import permitted
from infra.config.contract import operations
from infra.config.load import load
from infra.config.project import ROOT, ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules import broken
from infra.rules.view import of
from penstock.adapters.aws.answers import DynamoAnswers
from penstock.adapters.aws.audit import DynamoAudit
from penstock.adapters.aws.restrictions import DynamoRestrictions
from penstock.domain.audit import Begun
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.ports import Asked
from tests.infra.allowed import allowed, may
from tests.infra.test_stack_settings import given

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = "${Table/ledger.arn}"


@pytest.fixture(scope="module")
def on(bundles: Path) -> Sequence[Declared]:
    config = {**stack_config("dev"), "bundles": str(bundles), "operationsApi": True}
    return capture("dev", config)


def by_name(graph: Sequence[Declared]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    return {(one.type.rpartition(":")[2], one.name): one.inputs for one in graph if one.custom}


def test_they_are_off_by_default_and_then_nothing_is_there(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    assert not load("dev", given()).operations_api
    for off in graphs.values():
        routes = {one["routeKey"] for one in of(off, "Route").values()}
        commands = {one.id for one in operations() if one.function == "operate"}
        assert set() == {one for one in routes if "/operations" in one}
        assert [] == [name for _, name in by_name(off) if "operate" in name or name in commands]
        variables = of(off, "Function")["api"]["environment"]["variables"]
        assert "PENSTOCK_OPERATIONS_API" not in variables


def test_on_they_are_a_function_and_its_routes_and_change_no_other_role(
    graphs: Mapping[str, Sequence[Declared]], on: Sequence[Declared]
) -> None:
    before, after = by_name(graphs["dev"]), by_name(on)
    added = set(after) - set(before)
    changed = {one for one in before if one in after and before[one] != after[one]}
    commands = {one.id for one in operations() if one.function == "operate"}

    assert set() == set(before) - set(after)
    assert {("Route", one) for one in commands} == {one for one in added if one[0] == "Route"}
    assert {"operate"} == {name for kind, name in added if kind in ("Function", "RolePolicy")}
    assert ("Function", "api") in changed
    assert set() == {one for one in changed if one[0] in ("RolePolicy", "QueuePolicy", "Route")}
    variables = after["Function", "api"]["environment"]["variables"]
    assert "true" == variables["PENSTOCK_OPERATIONS_API"]
    assert {} == broken(on)


def test_their_function_writes_what_the_commands_commit_and_reaches_nothing_else(
    on: Sequence[Declared],
) -> None:
    """
    No queue, no topic, no secret: functions execute what it commits.
    """
    actions = ("GetItem", "PutItem", "Query", "DeleteItem")
    assert {(f"dynamodb:{one}", TABLE) for one in actions} == allowed(on, "operate")

    keys = ("payment#p", "subscription#s", "answer#a", "restrictions", "restricted#gateway#g")
    keys = (*keys, "held#gateway#g", "audit#2026-03-01", "days")
    others = ("tokens", "tokens-used", "dispute#d", "seen#s", "other")
    may_do = {
        key: {one for one in actions if "operate" in may(on, f"dynamodb:{one}", key)}
        for key in (*keys, *others)
    }
    assert {
        "payment#p": {"GetItem", "PutItem"},
        "subscription#s": {"GetItem", "PutItem"},
        "answer#a": {"GetItem", "PutItem"},
        "restrictions": {"Query", "PutItem", "DeleteItem"},
        "restricted#gateway#g": {"PutItem"},
        "held#gateway#g": {"Query", "DeleteItem"},
        "audit#2026-03-01": {"PutItem"},
        "days": {"PutItem"},
        "tokens": {"GetItem"},
        "tokens-used": {"PutItem"},
        "dispute#d": set(),
        "seen#s": set(),
        "other": set(),
    } == may_do


def test_no_other_function_lifts_a_restriction_or_writes_the_audit_trail(
    on: Sequence[Declared],
) -> None:
    for key in ("restrictions", "audit#2026-03-01", "answer#a"):
        for action in ("PutItem", "DeleteItem"):
            assert may(on, f"dynamodb:{action}", key) <= {"operate"}


def test_the_documents_show_what_it_may(
    graphs: Mapping[str, Sequence[Declared]], on: Sequence[Declared]
) -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    more = set(permitted(on).splitlines()) - set(permitted(graphs["dev"]).splitlines())

    assert 1 == len(more)
    assert more <= set(page.splitlines())


class Kept:
    """AWS, which keeps the partition keys that it was asked for."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, str]] = []

    async def call(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any]:
        if operation == "transact_write_items":
            for one in asked["TransactItems"]:
                await self.call(service, "put_item", **one["Put"])
            return {}
        key = asked.get("Key") or asked.get("Item")
        values = asked.get("ExpressionAttributeValues", {})
        pk = key["pk"] if key else next(v for v in values.values() if "S" in v)
        self.keys.append((operation, pk["S"]))
        return {}


async def test_the_stores_use_the_keys_that_the_role_names(on: Sequence[Declared]) -> None:
    aws = Kept()
    clients = cast("Any", aws)
    asked = Asked("operate-1", "d", "c", NOW + timedelta(seconds=30))
    answers, audit = DynamoAnswers(clients, "t"), DynamoAudit(clients, "t")
    restrictions = DynamoRestrictions(clients, "t")
    await answers.claim(asked, NOW)
    await answers.keep(asked)
    await audit.begin(Begun("a", NOW, "token t", "payments restrict", ("payment#p",)))
    await restrictions.list()
    await restrictions.put(Restriction(RestrictionKind.gateway, "g", NOW, "token t", "x"))
    await restrictions.held("gateway#g", 1)
    await restrictions.lift("gateway#g", NOW)
    await restrictions.forget("gateway#g", Ref(EntityKind.payment, "p"))
    named = {"put_item": "PutItem", "query": "Query", "delete_item": "DeleteItem"}

    assert 9 == len(aws.keys)
    for operation, pk in aws.keys:
        assert "operate" in may(on, f"dynamodb:{named[operation]}", pk), (operation, pk)


def test_its_variables_name_no_secret_and_no_settings_of_a_gateway(on: Sequence[Declared]) -> None:
    variables = of(on, "Function")["operate"]["environment"]["variables"]

    assert {
        "LOG_LEVEL",
        "PENSTOCK_STACK",
        "PENSTOCK_GATEWAYS",
        "PENSTOCK_LEDGER_TABLE",
    } == set(variables)
    assert "secret" not in json.dumps(variables).lower()


def test_a_share_of_the_accounts_functions_is_for_it_where_it_is_on() -> None:
    load("dev", given(operationsApi=True, reservedConcurrency={"operate": 5}))
    with pytest.raises(ConfigError, match=r"reservedConcurrency\.operate is no function"):
        load("dev", given(reservedConcurrency={"operate": 5}))
