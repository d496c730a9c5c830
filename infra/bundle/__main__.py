"""`python -m infra.bundle aws|local --out DIR [--profile FILE]`: build the zips."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.bundle import BundleError, build
from infra.bundle.target import platform
from infra.config.project import ConfigError
from infra.printing import printing


def main() -> int:
    """Build, and say what was built and how large it is."""
    parser = argparse.ArgumentParser(prog="python -m infra.bundle", description=__doc__)
    parser.add_argument("target", choices=("local", "aws"))
    parser.add_argument("--out", type=Path, required=True, help="the folder for the zips")
    parser.add_argument("--profile", type=Path, help="what the local platform adds, as JSON")
    options = parser.parse_args()
    where = platform(options.target)
    if where.python is None:
        print(
            f"penstock: there is no Python {where.version} on this machine, so the zips hold "
            "sources only: they run, and each function compiles them at every cold start, which "
            f"then takes more than twice as long. `uv python install {where.version}` and build "
            "again before you deploy to a stack that takes money.",
            file=sys.stderr,
        )
    try:
        zips = build(options.target, options.out, options.profile, where=where)
    except (BundleError, ConfigError) as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    for kind, path in zips.items():
        print(f"{kind:8} {path.stat().st_size / 1e6:5.1f} MB  {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(printing(main))
