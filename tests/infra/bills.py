"""The bill of a committed stack, and of one that is changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.bill.cost import unfiltered
from infra.bill.estimate import Line, by_webhook
from infra.bill.traffic import KINDS
from infra.graph.monitor import Declared

MILLION = 1e6
Graph = Sequence[Declared]


@pytest.fixture(scope="module")
def committed(graphs: Mapping[str, Graph]) -> Graph:
    """The stack prod as it is: its sinks get what people act on."""
    return graphs["prod"]


@pytest.fixture(scope="module")
def graph(committed: Graph) -> Graph:
    """The same with every event to both sinks: the most that it can cost."""
    return unfiltered(committed)


def lines(
    graph: Graph, kind: str = "sale", webhooks: float = MILLION, batch: float = 1
) -> dict[str, Line]:
    return {line.what: line for line in by_webhook(graph, KINDS[kind], webhooks, batch)}


def changed(graph: Graph, kind: str, **inputs: Any) -> Graph:
    return [
        dataclasses.replace(o, inputs={**o.inputs, **inputs})
        if o.type.endswith(f":{kind}") and o.custom
        else o
        for o in graph
    ]
