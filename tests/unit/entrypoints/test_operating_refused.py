"""Operators' commands over the API: what is refused, and where they are turned off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.domain.caller import Scope
from penstock.domain.ref import EntityKind, Ref
from penstock.entrypoints.http.operating import MOST_RELEASED
from tests.unit.entrypoints.console import Console, console, sold, stand
from tests.unit.entrypoints.hosts import HOSTS, bearer
from tests.unit.entrypoints.merchant.backend import JSON, problem
from tests.unit.entrypoints.stand import Stand

__all__ = ["console", "stand"]
COMMANDS = ("restrict", "release", "reprocess", "resolve", "make-invoice")


async def test_a_command_that_was_refused_may_be_sent_again_under_its_key(console: Console):
    identity = await sold(console.stand)
    refused = await console("make-invoice", payment=identity)
    again = await console("make-invoice", payment=identity)

    assert (409, "command-refused", []) == problem(refused) == problem(again)
    assert ["refused", "refused"] == [
        one.done.ending.value for one in await console.entries() if one.done
    ]


async def test_what_is_held_of_too_many_is_released_by_the_command_line(console: Console):
    world = console.stand.world
    asked = {"kind": "gateway", "value": "acme"}
    await console("restrict", **asked)
    for number in range(MOST_RELEASED + 1):
        await world.restrictions.note("gateway#acme", Ref(EntityKind.payment, f"pay-{number}"))
    refused = await console("release", "k-2", **asked)

    assert (409, "command-refused", []) == problem(refused)
    assert "`penstock gateways release VALUE --because REASON`" in refused.json["detail"]
    assert 1 == len(await world.restrictions.list())


@pytest.mark.parametrize(
    ("command", "body", "expected"),
    [
        ("restrict", {"kind": "gateway", "value": "nobody"}, (422, "body.value")),
        ("restrict", {"kind": "payer", "value": "a\u2028b"}, (422, "body.value")),
        ("restrict", {"kind": "payer", "value": "c-9", "reason": "  "}, (422, "body.reason")),
        ("restrict", {"kind": "country", "value": "DE"}, (400, "body.kind")),
        ("restrict", {"kind": "payer", "value": "c-9", "reason": "x" * 301}, (400, "body.reason")),
        ("release", {"kind": "payer"}, (400, "body.value")),
        ("reprocess", {"payment": "acme-SALE1", "because": "x"}, (400, "body")),
        (
            "resolve",
            {"kind": "payment", "value": "acme-SALE1", "operation": "o-9"},
            (400, "body.outcome"),
        ),
        (
            "resolve",
            {"kind": "payment", "value": "acme-SALE1", "outcome": "failed"},
            (400, "body.operation"),
        ),
        (
            "resolve",
            {"kind": "payment", "value": "acme-SALE1", "outcome": "failed", "operation": "o-9"},
            (422, "body.operation"),
        ),
        ("make-invoice", {"payment": 7}, (400, "body.payment")),
    ],
)
async def test_a_wrong_field_is_named(
    console: Console, command: str, body: dict[str, Any], expected: tuple[int, str]
):
    await sold(console.stand)
    told = await console(command, **body)
    status, kind, fields = problem(told)

    assert (expected[0], [expected[1]]) == (status, fields)
    assert ("field-refused" if status == 422 else "bad-request") == kind
    assert [] == list(await console.stand.world.restrictions.list())


@pytest.mark.parametrize(
    ("command", "body", "kind"),
    [
        ("restrict", {"kind": "payment", "value": "pay-9"}, "no-such-payment"),
        ("restrict", {"kind": "subscription", "value": "acme-I-9"}, "no-such-subscription"),
        ("reprocess", {"payment": "pay-9"}, "no-such-payment"),
        (
            "resolve",
            {"kind": "subscription", "value": "acme-I-9", "operation": "o", "outcome": "failed"},
            "no-such-subscription",
        ),
        ("make-invoice", {"payment": "pay-9"}, "no-such-payment"),
    ],
)
async def test_what_is_not_there_is_404(
    console: Console, command: str, body: dict[str, Any], kind: str
):
    assert (404, kind, []) == problem(await console(command, **body))


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_token_without_the_scope_operate_is_refused_and_nothing_is_written(
    console: Console, command: str
):
    reads = await bearer(console.stand, frozenset({Scope.read, Scope.pay}))
    console = replace(console, token=reads)
    told = await console(command, kind="gateway", value="acme", payment="acme-SALE1")

    assert (403, "scope-missing", []) == problem(told)
    assert ([], []) == (
        await console.entries(),
        list(await console.stand.world.restrictions.list()),
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("host", list(HOSTS))
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_they_are_not_there_unless_a_stack_turns_them_on(
    host: str, command: str, method: str
):
    stand = Stand()
    async with HOSTS[host](stand) as ask:
        token = await bearer(stand, frozenset(Scope))
        told = await ask(method, f"/operations/{command}", [token, JSON], b"{}")
        contract = await ask("GET", "/openapi.json", [], b"")

    assert (404, "no-such-path", []) == problem(told)
    assert [] == [path for path in contract.json["paths"] if path.startswith("/operations")]


async def test_the_contract_shows_them_where_they_are_on(console: Console):
    contract = await console.ask("GET", "/openapi.json", [], b"")
    shown = {path.removeprefix("/operations/") for path in contract.json["paths"]}

    assert set(COMMANDS) <= shown
