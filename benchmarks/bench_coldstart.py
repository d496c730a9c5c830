"""
What a first invocation costs: `make bench-coldstart`.

Seconds of CPU (user and system) of one process from the handler's import to its first answer,
from the zip's own files. `receive` publishes over TLS, once as it is deployed and once on boto3;
the workers do a whole first item up to a gateway that answers 503, against the least that one
would write for it on aiobotocore and pydantic. Cases are interleaved; a ratio is taken per round.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.coldstart_cases import Case, receiving, working
from benchmarks.sandbox import Started
from infra.printing import printing

ROUNDS = 11
SCHEDULED = ("sweep", "gaps")
"""Nobody waits for these: the sweep makes every stage at once, which costs it a tenth."""
WARM = 200


def main() -> int:
    """Print both tables; exit 1 when a median ratio misses its target."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        with receiving(Path(folder, "receive")) as cases:
            measured = measure(cases, WARM)
        cold = report(console, "receive / boto3, import + first webhook", measured, _cold, 0.30)
        warm = report(console, "receive / boto3, each further webhook", measured, _warm, 0.35)
        with working(Path(folder, "worker")) as cases:
            measured = measure(cases, 0)
        alone = {name: measured.pop(name) for name in SCHEDULED}
        work = report(console, "worker / aiobotocore, import + first item", measured, _cold, 1.0)
        late = report(console, "scheduled / aiobotocore, nothing is due", alone, _cold, 1.25)
    return int(not (cold and warm and work and late))


def measure(cases: Sequence[Case], warm: int) -> dict[str, list[tuple[Started, Started]]]:
    """Start everything by turns, once for nothing and then ROUNDS times."""
    measured: dict[str, list[tuple[Started, Started]]] = {case.name: [] for case in cases}
    for round_ in range(ROUNDS + 1):
        for case in cases:
            pair = case.ours.start(warm), case.theirs.start(warm)
            for one in pair:
                case.check(one.answer)
            if round_:
                measured[case.name].append(pair)
    return measured


def report(
    console: Console,
    title: str,
    measured: Mapping[str, list[tuple[Started, Started]]],
    look: Callable[[Started], float],
    target: float,
) -> bool:
    """Print a table; whether every median ratio is within the target."""
    table = Table("function", "ms CPU", "theirs", "ratio", "min-max", "target", title=title)
    medians: list[float] = []
    for name, pairs in measured.items():
        ratios = [look(ours) / look(theirs) for ours, theirs in pairs]
        medians.append(statistics.median(ratios))
        table.add_row(
            name,
            f"{statistics.median(look(ours) for ours, _ in pairs) * 1000:.2f}",
            f"{statistics.median(look(theirs) for _, theirs in pairs) * 1000:.2f}",
            f"{medians[-1]:.2f}",
            f"{min(ratios):.2f}-{max(ratios):.2f}",
            f"≤ {target:.2f}",
        )
    console.print(table)
    return max(medians) <= target


def _cold(started: Started) -> float:
    return started.cold


def _warm(started: Started) -> float:
    return started.warm


if __name__ == "__main__":
    raise SystemExit(printing(main))
