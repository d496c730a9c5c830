"""A plugin author runs the simulation over a gateway of their own, as docs/plugins.md says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.installing import HERE, installed


@pytest.fixture
def path(tmp_path: Path) -> str:
    return installed(tmp_path)


@pytest.mark.slow
def test_lost_charges_of_a_gateway_without_keys_are_resolved_by_hand(path: str) -> None:
    done = simulate(path, "--gateway", "teller", "--seeds", "3")

    assert 0 == done.returncode, done.stdout + done.stderr
    counted = re.search(r"3 seeds of teller .* 0 failed; .* (\d+) resolved by hand", done.stdout)
    assert counted, done.stdout
    assert int(counted[1]) > 5


def test_a_gateway_without_a_stand_is_told_what_is_missing(path: str, tmp_path: Path) -> None:
    package = tmp_path / "teller" / "simulator"
    package.mkdir(parents=True)
    for name in ("__init__.py", "simulator/__init__.py"):
        (tmp_path / "teller" / name).write_text((HERE / "teller" / name).read_text())

    done = simulate(path, "--gateway", "teller", "--seeds", "1")

    assert 2 == done.returncode
    assert "teller.simulator.stand has no function `stand`" in done.stderr


def simulate(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "penstock.simulation", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
