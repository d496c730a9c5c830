"""The README's commands, run while the platform is up, from where a person would stand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.documents.commands import ROOT, commands, recipe
from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
BIN = Path(sys.executable).parent
WHILE_IT_RUNS = [line for line in commands("README.md") if line not in ("make run", "make test")]


@pytest.fixture(scope="session")
def standing(_one_world: World) -> Path:
    """A folder with the stack's description above it, as the project's own has it."""
    root = _one_world.platform.workspace.root
    (root / "tests").symlink_to(ROOT / "tests")
    return root


def run(line: str, folder: Path) -> str:
    """What a command prints; it must end well."""
    printed = ""
    for words in recipe(line) if line.startswith("make ") else [line]:
        shown = subprocess.run(  # noqa: S602 - the README's own line, as a shell is given it
            words.replace(".venv/bin", str(BIN)),
            shell=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert 0 == shown.returncode, f"{line}: {shown.stdout}{shown.stderr}"
        printed += shown.stdout
    return printed


@pytest.mark.parametrize("line", WHILE_IT_RUNS)
def test_a_command_of_the_readme_does_what_it_says(standing: Path, line: str) -> None:
    assert run(line, standing).strip()


def test_the_amount_asked_for_is_the_amount_invoiced(world: World, standing: Path) -> None:
    (line,) = (line for line in WHILE_IT_RUNS if "amount.total=" in line)
    run(line.replace("12.50", "17.25"), standing)

    until(
        lambda: [i for i in world.invoices() if "17.25" == i["amount"]["value"]],
        what="the invoice",
    )


def test_a_forged_webhook_is_rejected_with_its_reason(world: World, standing: Path) -> None:
    (line,) = (line for line in WHILE_IT_RUNS if "--forge" in line)
    before = len(forged(world))
    run(line, standing)

    until(lambda: len(forged(world)) > before, what="the rejection")


def forged(world: World) -> list[Mapping[str, Any]]:
    """What was rejected for its signature."""
    return world.waiting(world.queue("rejected"), "the signature does not match")
