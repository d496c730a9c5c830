"""What the policies of a graph allow, and AWS that keeps what it was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from infra.graph.monitor import Declared
from infra.rules.view import of


def statements(graph: Sequence[Declared]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The statements of each function's role."""
    functions = of(graph, "Function")
    for name, inputs in of(graph, "RolePolicy").items():
        if name not in functions:
            continue
        for statement in json.loads(inputs["policy"])["Statement"]:
            yield name, statement


def allowed(graph: Sequence[Declared], function: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for name, statement in statements(graph)
        if name == function
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith(("logs:", "xray:"))
    }


def may(graph: Sequence[Declared], action: str, pk: str) -> set[str]:
    """The functions whose role allows an action on the table's items of a partition key."""
    return {
        name
        for name, statement in statements(graph)
        if "${Table/ledger.arn}" in statement["Resource"]
        and action in statement["Action"]
        and any(fnmatchcase(pk, one) for one in leading_keys(statement))
    }


def leading_keys(statement: Mapping[str, Any]) -> Sequence[str]:
    """The patterns that a statement is limited to: all items, if it has no limit."""
    for patterns in statement.get("Condition", {}).values():
        return patterns["dynamodb:LeadingKeys"]
    return ["*"]


@dataclass
class Asked:
    """AWS, which keeps what it was asked and answers nothing."""

    calls: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        self.calls.append(arguments)
        return {}
