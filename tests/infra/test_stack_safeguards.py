"""What holds money is protected, and made in its own account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.graph.monitor import Declared
from infra.rules.view import of
from tests.infra.stacks import STACKS


def test_what_holds_money_is_protected_where_the_stack_says_so(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    for stack, protected in (("dev", False), ("prod", True)):
        kept = [one for one in graphs[stack] if one.type.endswith((":Queue", ":Table"))]

        assert {protected} == {one.protect for one in kept}


def test_no_secret_value_passes_through_the_program(graph: Sequence[Declared]) -> None:
    for one in of(graph, "Secret").values():
        assert {"name", "description"} == set(one)


def test_every_resource_is_made_by_our_own_provider(graph: Sequence[Declared]) -> None:
    for one in graph:
        if one.custom and not one.type.startswith("pulumi:"):
            assert "defaultTags" in one.provider, one.name


def test_a_stack_is_made_in_its_own_accounts_only(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    accounts = {s: of(graphs[s], "aws")["aws"].get("allowedAccountIds") for s in STACKS}

    assert {"dev": None, "prod": '["123456789012"]'} == accounts
