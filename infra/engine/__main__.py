"""`python -m infra.engine`: make sure that there is an engine and its host, and say where."""

from __future__ import annotations

import sys

from infra.engine import EngineError, build, find, host
from infra.printing import printing


def main() -> int:
    """Find or build both."""
    try:
        engine = find()
        if engine is None:
            print("penstock: building Pulumi's engine, once; it takes some minutes", flush=True)
            engine = build()
        python = host.find()
        if python is None:
            print("penstock: building Pulumi's host for Python, once", flush=True)
            python = host.build()
    except EngineError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    print(f"penstock: the engine is {engine}")
    if python.parent != engine.parent:
        print(f"penstock: its host for Python is {python}")
    return 0


if __name__ == "__main__":
    raise SystemExit(printing(main))
