"""The contract and its examples as documents, and where each example stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from penstock import contracts

EXAMPLES = Path(__file__).parents[3] / "contracts/examples"
API = contracts.load().document
CHARGE_KEY = "order-4711-attempt-1"


def example(name: str) -> Any:
    """An example by the name of its file, without the suffix."""
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def operations() -> dict[str, dict[str, Any]]:
    """Every operation by its id, with its `method` and `path`, its answers resolved."""
    return {
        described["operationId"]: {
            **described,
            "method": method.upper(),
            "path": path,
            "responses": {
                status: resolved(answer) for status, answer in described["responses"].items()
            },
        }
        for path, methods in API["paths"].items()
        for method, described in methods.items()
    }


def resolved(node: dict[str, Any]) -> Any:
    """A node, or what its `$ref` means."""
    found: Any = API
    for part in node.get("$ref", "").removeprefix("#/").split("/"):
        found = found[part] if part else node
    return found


def named(media: dict[str, Any]) -> dict[str, str]:
    """The examples of a body by their keys: the names of their files."""
    return {
        key: Path(one["externalValue"]).stem
        for content in media.get("content", {}).values()
        for key, one in content.get("examples", {}).items()
    }
