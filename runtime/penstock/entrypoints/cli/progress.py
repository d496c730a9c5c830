"""How much of a long work is done: on standard error, a bar at a terminal, else a counter."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from penstock.entrypoints.cli.terminal import say

_EVERY = 10.0


@contextmanager
def progress(
    what: str, total: int | None = None, *, shown: bool = True, every: float = _EVERY
) -> Generator[Callable[[int], None]]:
    """
    Show how much of some work is done: yields a function that takes it.

    Args:
        total: how much there is; None where that is not known.
        shown: False for programs.
        every: seconds between two lines of the counter; what takes less has none.
    """
    if not shown:
        yield _quiet
    elif not sys.stderr.isatty():
        yield _counter(what, total, every)
    else:
        with _bar(what, total) as tell:
            yield tell


@contextmanager
def _bar(what: str, total: int | None) -> Generator[Callable[[int], None]]:
    # Imported here: most commands take no time.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _counter(what: str, total: int | None, every: float) -> Callable[[int], None]:
    of = "" if total is None else f" of {total}"
    last = time.monotonic()

    def tell(done: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= every:
            last = now
            say(f"{what}: {done}{of}", err=True)

    return tell


def _quiet(done: int) -> None:
    """Nobody looks."""
