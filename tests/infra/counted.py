"""What the graph's metric filters make of the lines of a log."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.graph.monitor import Declared
from infra.rules.view import of
from tests.infra.filter_pattern import matcher, select
from tests.infra.scene import Counts


def counted(graph: Sequence[Declared], group: str, stack: str, written: Sequence[str]) -> Counts:
    """What the filters on a log group make of its lines, by metric."""
    found: Counter[str] = Counter()
    for name, dimensions, value in made(graph, group, written):
        if name != "ms":
            assert {"Stack": stack} == dimensions
            found[name] += int(value)
    return found


def made(
    graph: Sequence[Declared], group: str, written: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """What the filters on a log group make of its lines: metric, dimensions, value."""
    physical = of(graph, "LogGroup")[group]["name"]
    for one in of(graph, "LogMetricFilter").values():
        if physical != one["logGroupName"]:
            continue
        to = one["metricTransformation"]
        for line in map(json.loads, filter(matcher(one["pattern"]), written)):
            value = to["value"]
            named = {name: select(field, line) for name, field in to["dimensions"].items()}
            # CloudWatch drops a value whose dimension the line does not have.
            assert None not in named.values(), line
            yield to["name"], named, select(value, line) if value.startswith("$") else value


def took(
    graph: Sequence[Declared], group: str, written: Sequence[str]
) -> list[tuple[Mapping[str, Any], Any]]:
    """Each measured millisecond value of a log group, with its dimensions."""
    return [(named, value) for name, named, value in made(graph, group, written) if name == "ms"]


def expected_of(written: Sequence[str]) -> list[tuple[Mapping[str, Any], Any]]:
    lines = [json.loads(line) for line in written]
    finished = [one for one in lines if one["event"] in ("stage.finished", "delivery.received")]
    return [
        ({"stack": "prod", "stage": one["stage"], "status": one["status"]}, one["ms"])
        for one in finished
    ]
