"""
`python -m local.confirm STACK [NAME]`: ask for a protected stack's name, as `make update` does.

A stack is protected if it was deployed with `penstock:protect`, or if its file says that it will
be. If Pulumi does not say how it was deployed, it counts as protected.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.config.project import ROOT, ConfigError
from infra.graph.program import stack_config
from penstock.entrypoints.cli.stack import Stack, StackMissing, pulumi_outputs

KEYS = ("penstock:protect", "protect")
"""Pulumi takes a key of the project without its namespace, too."""


def protected(stack: str, folder: Path = ROOT) -> bool:
    """
    Whether the stack is protected now, or will be.

    Raises:
        ConfigError: the stack has no file.
    """
    config = stack_config(stack)
    # As the file is written: what is not plainly false is taken for true.
    if any(config.get(key, False) not in (False, "false") for key in KEYS):
        return True
    try:
        outputs = pulumi_outputs(stack, folder)
    except StackMissing:
        return True
    return bool(outputs) and Stack(stack, outputs).protected


def main() -> int:
    """Ask, unless the name was given; 1 if it is not the stack's."""
    parser = argparse.ArgumentParser(prog="python -m local.confirm", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("name", nargs="?", help="the stack's name, where nobody can type it")
    options = parser.parse_args()
    try:
        if not protected(options.stack):
            return 0
    except ConfigError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    said = options.name
    if not said:
        print(f"penstock: {options.stack} is protected; type its name: ", end="", file=sys.stderr)
        sys.stderr.flush()
        said = sys.stdin.readline().strip()
    if said == options.stack:
        return 0
    print(
        f"\npenstock: nothing was done: type {options.stack}, or pass CONFIRM={options.stack}",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
