"""A progress bar for what takes long: on standard error, and only where a person sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def progress(
    what: str, total: int | None = None, *, shown: bool = True
) -> Generator[Callable[[int], None]]:
    """
    How much of some work is done: yields a function that takes it.

    Args:
        total: how much there is; None where that is not known.
        shown: False for programs.
    """
    if not (shown and sys.stderr.isatty()):
        yield _quiet
        return
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


def _quiet(done: int) -> None:
    """Nobody looks."""
