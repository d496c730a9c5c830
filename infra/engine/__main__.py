"""`python -m infra.engine`: make sure that there is an engine, and say where."""

from __future__ import annotations

import sys

from infra.engine import EngineError, build, find


def main() -> int:
    """Find or build it."""
    try:
        engine = find()
        if engine is None:
            print("penstock: building Pulumi's engine, once; it takes some minutes", flush=True)
            engine = build()
    except EngineError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    print(f"penstock: the engine is {engine}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
