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
from tests.leaving import logging_restored


@dataclass(frozen=True)
class Ran:
    """
    How a command ended, and what it printed.

    Attributes:
        exception: the end itself, with whatever it was raised from.
    """

    exit_code: int
    stdout: str
    stderr: str
    exception: BaseException

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
    out, err = _stream(), _stream()
    with (
        logging_restored(),
        pytest.MonkeyPatch.context() as patched,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patched.setattr("sys.stdin", _stream(given or ""))
        with pytest.raises(SystemExit) as ended:
            tree()(list(arguments), prog_name="penstock")
    return Ran(int(ended.value.code or 0), _written(out), _written(err), ended.value)


def _stream(holds: str = "") -> io.TextIOWrapper:
    """Text that has bytes below it, as those of a process have."""
    return io.TextIOWrapper(io.BytesIO(holds.encode()), encoding="utf-8", write_through=True)


def _written(to: io.TextIOWrapper) -> str:
    to.seek(0)
    return to.read()
