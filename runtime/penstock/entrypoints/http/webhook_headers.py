"""The contract of one stack: its webhooks name the headers that its own gateways require."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from penstock.entrypoints.http.aliases import OLD_GATEWAY

_OPERATIONS = {"/webhooks/{gateway}": None, "/webhook/receiver": OLD_GATEWAY}
"""The paths of webhooks, and the one gateway that a path is for."""


def of_stack(
    document: Mapping[str, Any], required: Mapping[str, Collection[str]]
) -> Mapping[str, Any]:
    """
    The contract with the webhooks' headers of these gateways, in place of its own.

    Args:
        required: by gateway that takes webhooks, the lower-case names of the headers.
    """
    paths = dict(document["paths"])
    for path, only in _OPERATIONS.items():
        wanted = {g: h for g, h in required.items() if only in (None, g)}
        operation = paths[path]["post"]
        parameters = _parameters(operation.get("parameters", ()), wanted)
        paths[path] = {**paths[path], "post": {**operation, "parameters": parameters}}
    return {**document, "paths": paths}


def _parameters(
    described: Collection[Mapping[str, Any]], required: Mapping[str, Collection[str]]
) -> list[Mapping[str, Any]]:
    known = {one["name"].lower(): one for one in described if one["in"] == "header"}
    users: dict[str, list[str]] = {}
    for gateway, headers in required.items():
        for header in headers:
            users.setdefault(header, []).append(gateway)
    shown = {name: {"value": name} for name in required}
    return [
        *(
            {**one, "examples": shown or one["examples"]}
            for one in described
            if one["in"] == "path"
        ),
        *(_header(header, known.get(header), names) for header, names in users.items()),
    ]


def _header(
    name: str, known: Mapping[str, Any] | None, gateways: Collection[str]
) -> Mapping[str, Any]:
    """A header as a parameter; optional in the contract, because it depends on the gateway."""
    return {
        **(known or {"name": name, "in": "header", "schema": {"type": "string"}}),
        "description": f"Required in every webhook of {', '.join(gateways)}.",
        "x-penstock-gateways": list(gateways),
    }
