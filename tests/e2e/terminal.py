"""An operator at a terminal of 80 columns: what was typed, and what came back."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

WIDTH = 80


@dataclass(slots=True)
class Operator:
    """
    Types commands, and keeps the transcript.

    Attributes:
        root: the folder that the local platform was started in.
    """

    root: Path
    transcript: list[str] = field(default_factory=list[str])

    def says(self, words: str) -> None:
        """A heading of the transcript."""
        self.transcript += ["", *textwrap.wrap(f"# {words}", WIDTH, subsequent_indent="# ")]

    def types(self, *words: str, code: int = 0) -> str:
        """Type a command that must end so; what it printed."""
        self.transcript += _typed(words)
        ended = self._run(words)
        printed = ended.stdout + ended.stderr
        self.transcript += [one.rstrip() for one in ended.stdout.splitlines()]
        # An error is one line; the terminal breaks it.
        for one in ended.stderr.splitlines():
            self.transcript += textwrap.wrap(one, WIDTH)
        if code:
            self.transcript.append(f"[exit code {code}]")
        assert code == ended.returncode, self.text
        return printed

    def asks(self, *words: str) -> str:
        """Run a command that is not in the transcript; what it printed."""
        ended = self._run(words)
        return ended.stdout + ended.stderr

    @property
    def text(self) -> str:
        """The transcript."""
        return "\n".join(self.transcript).strip()

    def _run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "penstock.entrypoints.cli", *words],
            cwd=self.root,
            env={**os.environ, "COLUMNS": str(WIDTH)},
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )


def _typed(words: Sequence[str]) -> list[str]:
    """The command line, broken between words as a shell takes it."""
    lines = ["$ penstock"]
    for word in words:
        quoted = f'"{word}"' if " " in word else shlex.quote(word)
        if len(lines[-1]) + len(quoted) + 3 > WIDTH:
            lines[-1] += " \\"
            lines.append(f"    {quoted}")
        else:
            lines[-1] += f" {quoted}"
    return lines
