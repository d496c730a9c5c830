"""The simulation finds every fault that is put into the code: into a copy, not the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.simulation.installing import installed
from tests.simulation.mutant import Mutant
from tests.simulation.mutants import MUTANTS

ROOT = Path(__file__).parents[2]
SEEDS = 90
"""A fault that none of so many seeds finds is missed; two need about 50, most fewer than 5."""

pytestmark = [pytest.mark.slow, pytest.mark.mutants, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code without what was put in."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("runtime", "plugins", "contracts"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    return folder


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_the_simulation_needs(mutant: Mutant, copied: Path) -> None:
    file = copied / "runtime" / "penstock" / mutant.file
    text = file.read_text()
    assert 1 == text.count(mutant.before), f"renew the mutant: {mutant.file} has changed"
    file.write_text(text.replace(mutant.before, mutant.after))
    began = time.monotonic()
    try:
        done = _simulated(copied, mutant.gateway)
    finally:
        file.write_text(text)

    found = [line for line in done.stdout.splitlines() if line.startswith("penstock: seed ")]
    assert 1 == done.returncode, f"missed: {done.stdout}{done.stderr}"
    took = time.monotonic() - began
    print(f"{mutant.name:64} {took:5.0f} s  {found[0].removeprefix('penstock: ')[:90]}")


def _simulated(folder: Path, gateway: str) -> subprocess.CompletedProcess[str]:
    ours = (str(folder / name) for name in ("runtime", "plugins"))
    paths = os.pathsep.join((*ours, installed(folder)))
    return subprocess.run(  # noqa: S603 - our own module
        [
            *(sys.executable, "-m", "penstock.simulation"),
            *("--first", "--seeds", str(SEEDS), "--gateway", gateway),
        ],
        # What was written as bytecode may be older than a mutant of the same second.
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
