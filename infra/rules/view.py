"""A graph as rules look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.graph.monitor import Declared

Graph = Sequence[Declared]
Inputs = Mapping[str, Any]


def of(graph: Graph, kind: str) -> Mapping[str, Inputs]:
    """The inputs of every resource of a kind, by its name: `of(graph, "Queue")`."""
    return {one.name: one.inputs for one in graph if one.custom and one.type.endswith(f":{kind}")}


def referred(text: Any, kind: str) -> str | None:
    """The name of the resource that an output, `${Queue/payments.arn}`, is of, if it is one."""
    begin = f"${{{kind}/"
    if not isinstance(text, str) or not text.startswith(begin):
        return None
    return text[len(begin) :].rpartition(".")[0]


def statements(document: str) -> Iterator[Mapping[str, Any]]:
    """A policy's statements, with actions and resources as lists, empty if there are none."""
    for one in json.loads(document)["Statement"]:
        lists = {key: listed(one.get(key, [])) for key in ("Action", "Resource")}
        yield {**one, **lists}


def listed(value: Any) -> list[Any]:
    """What may be one or several, as several."""
    return list(value) if isinstance(value, list) else [value]


def dead_letter_queues(graph: Graph) -> Mapping[str, str]:
    """The dead-letter queue of each queue that has one, both by name."""
    found: dict[str, str] = {}
    for one in of(graph, "RedrivePolicy").values():
        queue = referred(one["queueUrl"], "Queue")
        target = referred(json.loads(one["redrivePolicy"])["deadLetterTargetArn"], "Queue")
        if queue and target:
            found[queue] = target
    return found
