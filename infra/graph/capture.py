"""The stack as a graph: what the program would make, with no account, engine or network."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from infra.emulated.table import TABLE
from infra.graph.monitor import Declared, Made, ProgramMonitor
from infra.graph.program import run
from infra.graph.values import Unrealisable

ACCOUNT = "123456789012"
_ZONE = "aws:route53/getZone:getZone"


def _validation(label: str, inputs: Mapping[str, Any]) -> Any:
    record = ("resourceRecordName", "resourceRecordType", "resourceRecordValue")
    named = {name: f"${{{label}.{name}}}" for name in record}
    return [{"domainName": inputs["domainName"], **named}]


def _configuration(label: str, inputs: Mapping[str, Any]) -> Any:
    named = {name: f"${{{label}.{name}}}" for name in ("targetDomainName", "hostedZoneId")}
    return {**inputs["domainNameConfiguration"], **named}


# The outputs that are more than a text.
_SHAPES: Mapping[tuple[str, str], Callable[[str, Mapping[str, Any]], Any]] = {
    ("aws:acm/certificate:Certificate", "domainValidationOptions"): _validation,
    ("aws:apigatewayv2/domainName:DomainName", "domainNameConfiguration"): _configuration,
}


class GraphMonitor(ProgramMonitor):
    """Takes down every resource; an output reads `${Type/name.output}`."""

    def __init__(self) -> None:
        super().__init__()
        self._declared_resources: list[Declared] = []

    @property
    def graph(self) -> Sequence[Declared]:
        """
        All resources and components, by URN: they are declared side by side, in any order.

        Raises:
            Unrealisable: two of one kind have one name, so that a graph by names would lose one.
        """
        kinds = Counter((one.type, one.name) for one in self._declared_resources)
        twice = [f"{type_} {name}" for (type_, name), times in kinds.items() if times > 1]
        if twice:
            raise Unrealisable(f"declared twice, name them apart: {', '.join(sorted(twice))}")
        return tuple(sorted(self._declared_resources, key=lambda one: one.urn))

    def realise(self, declared: Declared) -> Made | None:
        """Note it, and promise the outputs that its kind has."""
        kind = TABLE.get(declared.type) if declared.custom else None
        if declared.custom and kind is None:
            raise Unrealisable(f"{declared}: no handler knows this type")
        with self._lock:
            self._declared_resources.append(declared)
        if kind is None:
            return None
        label = f"{declared.type.rsplit(':', 1)[-1]}/{declared.name}"
        outputs = {name: f"${{{label}.{name}}}" for name in kind.computed}
        outputs |= {
            name: shape(label, declared.inputs)
            for (type_, name), shape in _SHAPES.items()
            if type_ == declared.type
        }
        return Made(f"${{{label}.id}}", outputs)

    def answer(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer with an account that is nobody's, and a zone that is there."""
        if token == _ZONE:
            return {"id": "${zone}", "zoneId": "${zone}", "name": arguments["name"]}
        return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "userId": ACCOUNT}


def capture(stack: str, config: Mapping[str, Any]) -> Sequence[Declared]:
    """The graph of a stack with that configuration."""
    monitor = GraphMonitor()
    with _no_garbage_looked_for():
        run(monitor, stack, config)
    return monitor.graph


@contextmanager
def _no_garbage_looked_for() -> Iterator[None]:
    """The program makes thousands of tasks that live to its end: the search was half its time."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()
