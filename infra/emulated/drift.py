"""How a resource is looked at, and what of it is not as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath

from infra.emulated.kind import Clients

State = Mapping[str, Any]
Ask = Callable[[Clients, str, State], Any]


@dataclass(frozen=True, slots=True)
class Live:
    """
    How a resource of one type is looked at.

    Attributes:
        ask: AWS's answer, by id and what was kept of the inputs; None if it is not there.
        shows: where in the answer a property is (JMESPath). One that is not listed, or that the
            answer lacks, is taken to be as it was recorded.
        sent: what a handler makes of a property before it sends it.
    """

    ask: Ask
    shows: Mapping[str, str] = field(default_factory=dict[str, str])
    sent: Mapping[str, Callable[[str], str]] = field(
        default_factory=dict[str, Callable[[str], str]]
    )

    def drift(self, answer: Any, recorded: State) -> dict[str, Any]:
        """The properties that are not what was recorded, as they are."""
        drifted: dict[str, Any] = {}
        for name, path in self.shows.items():
            value = jmespath.search(path, answer)
            if value is None or name not in recorded:
                continue
            was = recorded[name]
            value, sent = _like(was, value), self.sent.get(name)
            if _parsed(value) != _parsed(sent(was) if sent else was):
                drifted[name] = value
        return drifted


def _like(recorded: Any, value: Any) -> Any:
    """An answer's value as one writes it in a program: texts, and parts that are left out."""
    match recorded, value:
        case bool(), str():
            return value.lower() == "true"
        case int() | float(), str():
            return float(value)
        case str(), dict() | list():
            return json.dumps(value)
        case dict(), dict():
            return {**recorded, **{name: one for name, one in value.items() if one is not None}}
        case _:
            return value


def _parsed(value: Any) -> Any:
    """JSON is compared by what it says."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
