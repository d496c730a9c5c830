"""
schemathesis against both hosts of our API and against the simulators, with all its phases.

    python -m tests.contract.deep [--seed N] [--examples N] [TARGET ...]

The phases are examples, coverage, fuzzing and stateful (links are walked), with requests that keep
to the contract and requests that break it, and all checks but those that `exceptions` and
`targets` name with their reasons. The seed is random and printed: the same one tries the same.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.contract.deep.targets import TARGETS
from tests.contract.deep.trying import hosts_quiet, tried
from tests.contract.deep.walked import Walked

EXAMPLES = 100


def main() -> int:
    """Try every target; 1 if schemathesis found something at any, or followed too few links."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.deep")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seed", type=int, help="a random one by default")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each operation")
    told = parser.parse_args()
    unknown = [name for name in told.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; name some of: {', '.join(TARGETS)}")
    seed = told.seed if told.seed is not None else secrets.randbelow(2**32)
    good = True
    for name in told.targets or TARGETS:
        print(f"penstock: contract-deep: {name}, seed {seed}", flush=True)
        with (
            tempfile.TemporaryDirectory(prefix="penstock-deep-") as folder,
            hosts_quiet(),
            TARGETS[name](Path(folder)) as target,
        ):
            run = tried(target, Path(folder), seed, told.examples)
            good &= run.good and run.links.share >= target.least
        if target.least:
            _say(name, run.links, target.least)
    if not good:
        print(f"penstock: try again: make contract-deep SEED={seed}", file=sys.stderr)
    return int(not good)


def _say(name: str, links: Walked, least: float) -> None:
    print(
        f"penstock: contract-deep: {name}: {len(links.answers)} of {links.total} links followed, "
        f"{len(links.done)} of them to more than refusals; at least {least:.0%} must be followed"
    )


if __name__ == "__main__":
    sys.exit(main())
