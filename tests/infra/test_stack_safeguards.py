"""What the stack protects, and what configuration gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules import broken
from infra.rules.view import of
from tests.infra.allowed import allowed
from tests.infra.stacks import STACKS


def test_merchant_is_told_where_buyers_return_and_what_payments_give_access_to(
    graphs: Mapping[str, Sequence[Declared]], dev: dict[str, Any]
) -> None:
    keep = {"graceDays": 7, "afterRefund": "keep", "duringDispute": "end"}
    dev["penstock:access"] = keep
    functions = of(capture("dev", dev), "Function")

    for name in ("merchant", "process", "sweep"):
        variables = functions[name]["environment"]["variables"]
        assert ("7", "keep", "end", "end") == (
            variables["PENSTOCK_GRACE_DAYS"],
            variables["PENSTOCK_ACCESS_AFTER_REFUND"],
            variables["PENSTOCK_ACCESS_AFTER_CHARGEBACK"],
            variables["PENSTOCK_ACCESS_DURING_DISPUTE"],
        )
    for name in ("api", "charge", "verify"):
        assert "PENSTOCK_GRACE_DAYS" not in functions[name]["environment"]["variables"]
    api = of(graphs["prod"], "Function")["merchant"]["environment"]["variables"]
    assert api["PENSTOCK_API_URL"].startswith("https://")


def test_what_holds_money_is_protected_where_the_stack_says_so(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    for stack, protected in (("dev", False), ("prod", True)):
        kept = [one for one in graphs[stack] if one.type.endswith((":Queue", ":Table"))]

        assert {protected} == {one.protect for one in kept}


def test_a_sink_can_be_removed_where_the_ledger_is_protected(bundles: Path) -> None:
    config = {**stack_config("prod"), "bundles": str(bundles), "protectSinks": False}
    graph = capture("prod", config)
    free = {one.name for one in graph if one.type.endswith(":Queue") and not one.protect}

    assert {"sink-slack", "sink-slack-dlq", "sink-email", "sink-email-dlq"} == free
    assert {} == broken(graph)
    assert all(one.protect for one in graph if one.type.endswith((":Table", ":DomainName")))


def test_no_secret_value_passes_through_the_program(graph: Sequence[Declared]) -> None:
    for one in of(graph, "Secret").values():
        assert {"name", "description"} == set(one)


def test_every_resource_is_made_by_our_own_provider(graph: Sequence[Declared]) -> None:
    for one in graph:
        if one.custom and not one.type.startswith("pulumi:"):
            assert "defaultTags" in one.provider, one.name


def test_a_third_partys_sink_is_configuration(
    install: Callable[..., None], dev: dict[str, Any]
) -> None:
    schema = {"type": "object", "properties": {"number": {"type": "string"}}}
    offer = {
        "name": "pager",
        "settings": schema,
        "secrets": ["token"],
        "permissions": [{"action": "sns:Publish", "resource": "sns:{settings.number}"}],
    }
    install("pager", {"sinks": [offer]})
    dev["penstock:sinks"] = {"pager": {"number": "oncall"}}

    graph = capture("dev", dev)

    assert {"sink-pager", "sink-pager-dlq"} <= of(graph, "Queue").keys()
    assert (
        "oncall"
        == (
            of(graph, "Function")["deliver-pager"]["environment"]["variables"]["SINK_PAGER_NUMBER"]
        )
    )
    assert ("sns:Publish", "arn:aws:sns:us-east-1:123456789012:oncall") in allowed(
        graph, "deliver-pager"
    )
    assert ("secretsmanager:GetSecretValue", "${Secret/pager.arn}") in allowed(
        graph, "deliver-pager"
    )


def test_a_stack_is_made_in_its_own_accounts_only(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    accounts = {s: of(graphs[s], "aws")["aws"].get("allowedAccountIds") for s in STACKS}

    assert {"dev": None, "prod": '["123456789012"]'} == accounts
