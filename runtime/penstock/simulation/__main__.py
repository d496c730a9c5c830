"""
Run seeds: `python -m penstock.simulation --gateway example --seeds 20`.

`--seeds` is a number of seeds (20: 1 to 20), a range (100..200), or one seed (12345 and above).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from penstock.errors import PluginError
from penstock.simulation.run import Outcome, run

MANY = 10_000
"""A number above it is one seed."""
_TAIL = 25
_SHOWN = (
    "payments",
    "refunds",
    "subscriptions",
    "collections",
    "reversals",
    "restored",
    "invoices paid twice",
    "events",
    "webhooks lost",
    "commands",
    "resolved by hand",
    "payers forgotten",
    "dead letters renewed",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run seeds side by side; one line a seed that failed, and one for all."""
    asked = _parser().parse_args(arguments)
    began = time.monotonic()
    failed, counts, seeds = 0, Counter[str](), seeds_of(asked.seeds)
    try:
        for outcome in _outcomes(seeds, asked.gateway, asked.jobs):
            counts += outcome.counts
            if outcome.findings:
                failed += 1
                print(failure(outcome, asked.gateway), flush=True)
                if asked.first:
                    return 1
            elif len(seeds) == 1:
                print(f"penstock: seed {outcome.seed}: trace {outcome.digest}")
    except (PluginError, LookupError) as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 2
    shown = ", ".join(f"{counts[name]} {name}" for name in _SHOWN if counts[name])
    faults = sum(number for name, number in counts.items() if name.startswith("fault "))
    print(
        f"penstock: simulated {len(seeds)} seeds of {asked.gateway} in "
        f"{time.monotonic() - began:.0f} s: {failed} failed; {shown}, {faults} faults"
    )
    return 1 if failed else 0


def failure(outcome: Outcome, gateway: str) -> str:
    """A failed seed: what does not hold, the end of its trace, and how to run it again."""
    first, *more = outcome.findings
    others = f" (and {len(more)} more)" if more else ""
    return "\n".join(
        [
            f"penstock: seed {outcome.seed} failed: {first}{others}",
            *(f"    {line}" for line in outcome.tail[-_TAIL:]),
            *(f"  {finding}" for finding in more[:_TAIL]),
            f"  run it again: python -m penstock.simulation --gateway {gateway} "
            f"--seeds {outcome.seed}..{outcome.seed}",
        ]
    )


def seeds_of(text: str) -> Sequence[int]:
    """
    The seeds that an argument names.

    Raises:
        ValueError: it names none.
    """
    first, dots, last = text.partition("..")
    if dots:
        return range(int(first), int(last) + 1)
    number = int(first)
    return range(1, number + 1) if number <= MANY else (number,)


def _outcomes(seeds: Sequence[int], gateway: str, jobs: int) -> Iterator[Outcome]:
    work = partial(_played, gateway=gateway)
    if len(seeds) == 1 or jobs == 1:
        yield from map(work, seeds)
        return
    with ProcessPoolExecutor(min(jobs, len(seeds))) as pool:
        yield from pool.map(work, seeds)


def _played(seed: int, gateway: str) -> Outcome:
    # A seed makes little garbage that is not freed at once, and a tenth of its time is looking.
    gc.set_threshold(100_000)
    return run(seed, gateway)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m penstock.simulation", description=__doc__)
    parser.add_argument("--gateway", default="example", help="the gateway's name; example")
    parser.add_argument("--seeds", default="20", help="20, 100..200, or one above 10000; 20")
    parser.add_argument("--first", action="store_true", help="end at the first seed that fails")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
