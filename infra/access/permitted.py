"""What each function may do, as a table of the documents, from the graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from infra.rules.view import Graph, of, statements

# Every function writes its own log and, with `penstock:tracing`, its trace.
_ALL_MAY = ("logs:", "xray:")
_OUTPUT = re.compile(r"\$\{([A-Za-z]+)/([\w-]+)\.arn\}")


def permitted(graph: Graph) -> str:
    """A row for each function, and in it a line for each statement of its role."""
    return _table(graph, "function", of(graph, "Function").keys())


def taken_on(graph: Graph) -> str:
    """The same of the roles that people and hosts take on."""
    return _table(graph, "role", of(graph, "RolePolicy").keys() - of(graph, "Function").keys())


def _table(graph: Graph, what: str, names: Collection[str]) -> str:
    rows = [
        f"| {name} | {'<br>'.join(sorted(_said(one['policy'])))} |"
        for name, one in sorted(of(graph, "RolePolicy").items())
        if name in names
    ]
    return "\n".join([f"| {what} | may |", "| --- | --- |", *rows]) + "\n"


def _said(policy: str) -> Iterator[str]:
    for statement in statements(policy):
        if statement["Action"][0].startswith(_ALL_MAY):
            continue
        actions = ", ".join(f"`{action}`" for action in statement["Action"])
        for resource in statement["Resource"]:
            yield f"{actions} on {_named(resource)}{_only(statement)}"


def _named(resource: str) -> str:
    """A resource of the stack by kind and name, any other by its ARN."""
    output = _OUTPUT.match(resource)
    if output is None:
        return f"`{resource}`"
    below = resource[output.end() :].removeprefix("/")
    return f"{output[1].lower()} `{output[2]}`" + (f", `{below}`" if below else "")


def _only(statement: Mapping[str, Any]) -> str:
    keys = [
        pattern
        for names in statement.get("Condition", {}).values()
        for pattern in names.get("dynamodb:LeadingKeys", [])
    ]
    return f", items `{'`, `'.join(keys)}` only" if keys else ""
