"""Everything that a plugin says while a test runs: its log, Python's logging, what it prints."""

from __future__ import annotations

import io
import logging
from collections.abc import Generator, Iterable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from penstock.testing.context import RecordingLog


@dataclass(slots=True)
class Heard:
    """What was said; `log` is what the plugin is built with."""

    log: RecordingLog = field(default_factory=RecordingLog)
    printed: io.StringIO = field(default_factory=io.StringIO)

    def told(self, secrets: Iterable[tuple[str, str]]) -> list[str]:
        """The names of those values that were said."""
        said = f"{self.log.lines!r}{self.printed.getvalue()}"
        return [name for name, value in secrets if value and value in said]


@contextmanager
def listening() -> Generator[Heard]:
    """Listen until the block ends."""
    heard = Heard()
    handler = logging.StreamHandler(heard.printed)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(heard.printed), redirect_stderr(heard.printed):
            yield heard
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
