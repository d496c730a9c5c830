"""The command line in this process: its tree is built once, which typer does for each call."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import typer

from penstock.entrypoints.cli.tree import app


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.stdout + self.stderr


@cache
def tree() -> Any:
    """The commands as typer makes them."""
    return typer.main.get_command(app)


def run(arguments: Sequence[str], given: str | None = None) -> Ran:
    """Run one command line; `given` is its standard input."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        patched.setattr("sys.stdin", io.StringIO(given or ""))
        with pytest.raises(SystemExit) as ended:
            tree()(list(arguments), prog_name="penstock")
    return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue())
