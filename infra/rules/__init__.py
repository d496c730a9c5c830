"""
What must hold of any stack, as functions over its graph.

A rule takes the graph and yields a sentence for every resource that breaks it. Rules know nothing
but the graph, neither settings nor components, so that a mistake in those is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from infra.rules import messaging, permissions, running, taken_on, watching
from infra.rules.view import Graph

Rule = Callable[[Graph], Iterator[str]]

RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        *messaging.RULES,
        *permissions.RULES,
        *taken_on.RULES,
        *running.RULES,
        *watching.RULES,
    )
}


def broken(graph: Graph) -> Mapping[str, list[str]]:
    """The rules that a graph breaks, each with where."""
    found = {name: list(rule(graph)) for name, rule in RULES.items()}
    return {name: problems for name, problems in found.items() if problems}
