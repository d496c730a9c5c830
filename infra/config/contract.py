"""The routes and the ledger's entities, read from the contracts: nothing else names them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config.project import ROOT, ConfigError
from infra.config.yaml_file import read_yaml

CONTRACT = ROOT / "contracts" / "api.yaml"
EVENTS = ROOT / "contracts" / "events"
ENTITIES = ROOT / "contracts" / "entities.json"
FUNCTIONS = ("receive", "api", "merchant", "operate")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation of the contract.

    Attributes:
        id: its operationId.
        route: method and path, as API Gateway writes them: `GET /payments/{id}`.
        function: the function that serves it.
    """

    id: str
    route: str
    function: str


def operations(contract: Path = CONTRACT) -> Sequence[Operation]:
    """
    All operations, in the contract's order.

    Raises:
        ConfigError: one lacks its operationId or names no function of ours.
    """
    document: dict[str, Any] = read_yaml(contract)
    found: list[Operation] = []
    for path, item in document["paths"].items():
        for method in (m for m in item if m in _METHODS):
            route = f"{method.upper()} {path}"
            name, function = (
                item[method].get("operationId"),
                item[method].get("x-penstock-function"),
            )
            if not name or function not in FUNCTIONS:
                raise ConfigError(
                    f"{contract.name}: {route} needs an operationId and an x-penstock-function "
                    f"of {' or '.join(FUNCTIONS)}"
                )
            found.append(Operation(name, route, function))
    return found


def event_types(folder: Path = EVENTS) -> frozenset[str]:
    """The types of the events that are published."""
    return frozenset(path.stem for path in folder.glob("*.json"))


def entity_prefixes() -> Mapping[str, str]:
    """The ledger's kinds of entities, each with what its partition keys begin with."""
    return json.loads(ENTITIES.read_bytes())
