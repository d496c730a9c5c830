"""
The zips: how large they are, and what importing from them costs: `make bench-bundle`.

Sizes are those of what is deployed to AWS. Imports are CPU of the handlers' module out of an
extracted zip of this interpreter, against the same files with ordinary, valid `.pyc`, and, to
show what they are worth, against the same without any.
"""

from __future__ import annotations

import compileall
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.sandbox import Sandbox, extract
from infra import bundle
from infra.bundle.build import KINDS
from infra.config.project import ROOT
from infra.printing import printing

ROUNDS = 11
TARGET = 1.05
LIMITS_MB = {"receive": 7.0, "api": 18.0, "merchant": 23.0, "worker": 18.0, "deliver": 18.0}

# A handler that does nothing; importing it imports the real one's module.
_PROBE = """
import sys
sys.dont_write_bytecode = True
import {module}
from infra.printing import printing
def handler(event, context):
    return {{}}
"""


def main() -> int:
    """Print both tables; exit 1 when a target is missed."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        small = sizes(console, ROOT / "build")
        quick = imports(console, Path(folder))
    return int(not (small and quick))


def sizes(console: Console, folder: Path) -> bool:
    """Print what is deployed; whether all of it is small enough."""
    zips = bundle.build("aws", folder)
    megabytes = {kind: path.stat().st_size / 1e6 for kind, path in zips.items()}
    table = Table("zip", "MB", "target", title="as deployed: arm64, Python 3.13")
    for kind, size in megabytes.items():
        table.add_row(kind, f"{size:.2f}", f"≤ {LIMITS_MB[kind]:.0f}")
    console.print(table)
    return all(size <= LIMITS_MB[kind] for kind, size in megabytes.items())


def imports(console: Console, folder: Path) -> bool:
    """Print what importing costs; whether the zips' own trees are as quick as warm ones."""
    table = Table("zip", "ms CPU", "ratio", "min-max", "without .pyc", "target", title="imports")
    medians: list[float] = []
    for kind, path in bundle.build("local", folder / "zips").items():
        ours, warm, bare = (_tree(path, kind, folder / f"{kind}-{n}") for n in range(3))
        _recompile(warm)
        _strip(bare)
        took: list[tuple[float, float, float]] = []
        for round_ in range(ROUNDS + 1):
            one, two, three = (_imported(tree) for tree in (ours, warm, bare))
            if round_:
                took.append((one, two, three))
        ratios = [one / two for one, two, _ in took]
        medians.append(statistics.median(ratios))
        table.add_row(
            kind,
            f"{statistics.median(one for one, _, _ in took) * 1000:.1f}",
            f"{medians[-1]:.2f}",
            f"{min(ratios):.2f}-{max(ratios):.2f}",
            f"{statistics.median(three / two for _, two, three in took):.2f}",
            f"≤ {TARGET}",
        )
    console.print(table)
    return max(medians) <= TARGET


def _tree(archive: Path, kind: str, folder: Path) -> Path:
    extract(archive, folder)
    (folder / "probe.py").write_text(_PROBE.format(module=KINDS[kind].entries[0]))
    return folder


def _recompile(tree: Path) -> None:
    """As an interpreter leaves `.pyc` behind that may write them."""
    _strip(tree)
    compileall.compile_dir(tree, quiet=1)


def _strip(tree: Path) -> None:
    for path in tree.rglob("*.pyc"):
        path.unlink()


def _imported(tree: Path) -> float:
    return Sandbox([tree], "probe.handler", {}, {}).start().imports


if __name__ == "__main__":
    raise SystemExit(printing(main))
