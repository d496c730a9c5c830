"""Printed output may be cut short by its reader, as `head` does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Those of infra make a graph first, which takes seconds.
PRINTING = [
    pytest.param(("infra.graph.show", "dev"), marks=pytest.mark.slow),
    pytest.param(("infra.graph.show", "dev", "mermaid"), marks=pytest.mark.slow),
    pytest.param(("infra.graph.show", "dev", "permissions"), marks=pytest.mark.slow),
    pytest.param(("infra.bill.cost", "prod"), marks=pytest.mark.slow),
    ("infra.bill.cost", "--help"),
    ("penstock.entrypoints.cli", "--help"),
    ("penstock.entrypoints.cli", "plugins", "list"),
    pytest.param(
        ("penstock.entrypoints.cli", "--json", "plugins", "list"), marks=pytest.mark.slow
    ),
]


def cut_short(*command: str, buffered: bool) -> subprocess.CompletedProcess[str]:
    """Run a module whose reader has gone before the first line."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(  # noqa: S603 - our own interpreter and modules
            [sys.executable, *([] if buffered else ["-u"]), "-m", *command],
            cwd=ROOT,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)


@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_a_reader_that_stops_early_gets_no_traceback(command: tuple[str, ...]) -> None:
    done = cut_short(*command, buffered=False)

    assert "" == done.stderr
    assert done.returncode in (0, 1)


@pytest.mark.slow
def test_make_graph_is_not_reported_as_failed_when_its_reader_stops() -> None:
    """
    make adds a line of its own for a target that fails.
    """
    done = cut_short("infra.graph.show", "dev", "permissions", buffered=True)

    assert (0, "") == (done.returncode, done.stderr)
