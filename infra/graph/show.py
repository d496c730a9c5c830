"""
`python -m infra.graph.show STACK [FORMAT]`: what a stack would create, as JSON or another page.

It needs no account.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.access import deployer
from infra.access.permitted import permitted, taken_on
from infra.bundle import Stamp, record, sources
from infra.checks import ZIPS
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.drawing import mermaid
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.graph.values import Archive
from infra.printing import printing

PAGES = {
    "mermaid": mermaid,
    "permissions": permitted,
    "roles": taken_on,
    "deployer": deployer.policy,
}


def committed(stack: str) -> Sequence[Declared]:
    """
    The graph of a stack as its file says, whether or not its zips are built.

    Raises:
        ConfigError: there is no such file, or something in it is wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in ZIPS:
            Path(folder, f"{name}.zip").touch()
        record(Path(folder), Stamp("aws", sources(installed()), "for show"))
        return capture(stack, {**stack_config(stack), "penstock:bundles": folder})


def described(one: Declared) -> Mapping[str, Any]:
    """A resource as JSON has it."""
    return {
        "type": one.type,
        "name": one.name,
        "inputs": one.inputs,
        "options": {
            "parent": one.parent.rsplit("::", 1)[-1] if one.parent else None,
            "protect": one.protect,
            "dependsOn": sorted(urn.rsplit("::", 1)[-1] for urn in one.dependencies),
        },
    }


def _other(value: Any) -> Any:
    """What is no plain value: a zip by its name, a secret by nothing."""
    return {"archive": value.path.name} if isinstance(value, Archive) else "[secret]"


def main() -> int:
    """Print a stack."""
    parser = argparse.ArgumentParser(prog="python -m infra.graph.show", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("format", nargs="?", choices=("json", *PAGES), default="json")
    options = parser.parse_args()
    try:
        graph = committed(options.stack)
    except ConfigError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    if page := PAGES.get(options.format):
        print(page(graph), end="")
        return 0
    for one in sorted((one for one in graph if one.custom), key=lambda one: (one.type, one.name)):
        print(json.dumps(described(one), default=_other, sort_keys=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(printing(main))
