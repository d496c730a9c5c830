"""Functions as Lambda starts them: a fresh interpreter, a zip extracted, nothing installed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The clock starts where Lambda's own part ends: the interpreter is up, the event is parsed.
_PROGRAM = """
import json, sys, time
path, module, name, event, warm = json.loads(sys.argv[1])
sys.path[:0] = path
class Context:
    def get_remaining_time_in_millis(self):
        return 30000
began = time.process_time()
handler = getattr(__import__(module, fromlist=[name]), name)
imported = time.process_time()
answer = handler(event, Context())
first = time.process_time()
for _ in range(warm):
    handler(event, Context())
ended = time.process_time()
print()
print(json.dumps([imported - began, first - began, (ended - first) / max(1, warm), answer]))
"""


@dataclass(frozen=True, slots=True)
class Started:
    """
    What a start took, in seconds of CPU.

    Attributes:
        imports: importing the handler's module.
        cold: that, and the first invocation.
        warm: one further invocation, on average.
    """

    imports: float
    cold: float
    warm: float
    answer: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """
    A function that can be started any number of times.

    Attributes:
        path: the folders its modules are in.
        handler: as Lambda names it.
    """

    path: Sequence[Path]
    handler: str
    event: Mapping[str, Any] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)

    def start(self, warm: int = 0) -> Started:
        """
        Start it, invoke it once, and then `warm` times more.

        Raises:
            RuntimeError: it failed; quotes what it printed.
        """
        module, _, name = self.handler.rpartition(".")
        order = json.dumps([[str(one) for one in self.path], module, name, self.event, warm])
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            # Isolated and without site: what is installed here is on no path of it.
            [sys.executable, "-I", "-S", "-c", _PROGRAM, order],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.handler}: {done.stderr[-2000:]}")
        # Logs are objects, ours is a list; some are written when the interpreter ends.
        told = [line for line in done.stdout.splitlines() if line.startswith("[")]
        return Started(*json.loads(told[-1]))


def extract(archive: Path, folder: Path) -> Path:
    """A zip's content, where a sandbox would have it."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder
