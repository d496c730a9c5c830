"""The flow of a stack, drawn from its graph."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from infra.rules.view import Graph, dead_letter_queues, of, referred, statements

# How a kind of resource is drawn, and what its nodes' names begin with.
_SHAPES = {"Queue": '[("{}")]', "Topic": '{{{{"{}"}}}}', "Function": '["λ {}"]'}


def mermaid(graph: Graph) -> str:
    """
    The way of a message, as a mermaid flowchart.

    An arrow is a route, a subscription, a mapping, a schedule, or a permission to send or write.
    Where messages are parked is left out: every queue but `rejected` has such a place.
    """
    parked = set(dead_letter_queues(graph).values())
    lines = ["flowchart LR"]
    for kind, shape in _SHAPES.items():
        for name, one in of(graph, kind).items():
            if name not in parked and not _aside(kind, one):
                lines.append(f"  {_node(kind, name)}{shape.format(name)}")
    lines += [f'  Table_{_id(name)}[("{name}")]' for name in of(graph, "Table")]
    # In a fixed order: resources are declared from several threads.
    return "\n".join([lines[0], *sorted(lines[1:]), *sorted(set(_arrows(graph)))]) + "\n"


def _aside(kind: str, one: Mapping[str, object]) -> bool:
    return kind == "Topic" and not one.get("fifoTopic")


def _arrows(graph: Graph) -> Iterator[str]:
    for one in of(graph, "Route").values():
        function = referred(one["target"].removeprefix("integrations/"), "Integration")
        yield f"  API -- {_quoted(one['routeKey'])} --> {_node('Function', function or '')}"
    for one in of(graph, "TopicSubscription").values():
        topic, queue = referred(one["topic"], "Topic"), referred(one["endpoint"], "Queue")
        if topic and queue:
            yield f"  {_node('Topic', topic)} --> {_node('Queue', queue)}"
    for one in of(graph, "EventSourceMapping").values():
        queue = referred(one["eventSourceArn"], "Queue")
        function = referred(one["functionName"], "Function")
        yield f"  {_node('Queue', queue or '')} --> {_node('Function', function or '')}"
    for one in of(graph, "EventTarget").values():
        yield f"  Schedule --> {_node('Function', referred(one['arn'], 'Function') or '')}"
    yield from _permitted(graph)


def _permitted(graph: Graph) -> Iterator[str]:
    """Where functions send, publish and write, as their roles allow it."""
    parked = set(dead_letter_queues(graph).values())
    functions = of(graph, "Function")
    for name, one in of(graph, "RolePolicy").items():
        if name not in functions:
            continue
        for statement in statements(one["policy"]):
            for resource in statement["Resource"]:
                for action, kind in _WRITES.items():
                    to = referred(resource, kind) if action in statement["Action"] else None
                    if to and to not in parked:
                        yield f"  {_node('Function', name)} --> {_node(kind, to)}"


_WRITES = {"sqs:SendMessage": "Queue", "sns:Publish": "Topic", "dynamodb:PutItem": "Table"}


def _node(kind: str, name: str) -> str:
    return f"{kind}_{_id(name)}"


def _id(name: str) -> str:
    return name.replace("-", "_")


def _quoted(text: str) -> str:
    return json.dumps(text)
