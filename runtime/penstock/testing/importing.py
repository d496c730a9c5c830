"""
What importing a plugin does: `python -m penstock.testing.importing MODULE`.

A module that ends the process, or reaches for the network, cannot be looked at from within: it is
imported in a process of its own, under an audit hook. The answer is a JSON list of findings, one
line each.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from penstock.plugins.importing import why

FAILED = "importing it failed"
"""Begins the finding of a module that cannot be imported."""
_SECONDS = 60
_REACHES = {
    "socket.connect": "opens a connection",
    "socket.bind": "opens a port",
    "socket.getaddrinfo": "looks up a host",
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.fork": "starts a process",
    "os.exec": "starts a process",
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def findings(module: str) -> tuple[str, ...]:
    """What is wrong with importing that module; nothing if nothing is."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", __spec__.name if __name__ == "__main__" else __name__, module],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return (f"importing {module} took longer than {_SECONDS} s: do that when it is needed",)
    try:
        return tuple(json.loads(done.stdout))
    except ValueError:
        return (f"importing {module} ended the process (exit code {done.returncode})",)


findings_once = cache(findings)
"""The same, looked at once per process: the tests of one plugin have several classes."""


class Audit:
    """Takes down what a package's own code reaches for."""

    def __init__(self, module: str, folder: Path | None) -> None:
        self._package = module.split(".")[0]
        self._folder = folder
        self.on = True
        self.found: list[str] = []

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """One event; Python calls this."""
        if not self.on or (event not in _REACHES and event != "open"):
            return
        what = _REACHES.get(event) or self._opens(arguments)
        frame = inspect.currentframe()
        raised_by = frame.f_back if frame else None
        if what and (caller := self._caller(raised_by, by_others=event != "open")):
            place = f"{caller.f_globals['__name__']}, line {caller.f_lineno}"
            line = f"importing it {what} ({place}); do it when it is first needed"
            if line not in self.found:
                self.found.append(line)

    def _opens(self, arguments: tuple[Any, ...]) -> str:
        path, mode, flags = (*arguments, None, None)[:3]
        if not isinstance(path, str | bytes):
            return ""
        name = os.fsdecode(path)
        if (flags is not None and int(flags) & _WRITES) or any(one in str(mode) for one in "wax+"):
            return f"writes {Path(name).name}"
        inside = self._folder is not None and Path(name).resolve().is_relative_to(self._folder)
        return "" if inside else f"reads {Path(name).name}, which is not in its package"

    def _caller(self, frame: FrameType | None, *, by_others: bool) -> FrameType | None:
        """
        The package's frame that did it; None where it was importing that did.

        Args:
            by_others: whether it counts what a library does when the package calls it. Reading
                does not: pydantic, for one, reads what is installed for each model.
        """
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            top = name.split(".")[0]
            if top == self._package:
                return frame
            of_a_library = top not in sys.stdlib_module_names and not by_others
            if of_a_library or name.startswith("importlib._bootstrap"):
                return None
            frame = frame.f_back
        return None


def look(module: str) -> Sequence[str]:
    """Import the module here, and say what is wrong with that."""
    # What every plugin imports is there already, as it is in a worker.
    importlib.import_module("penstock.api")
    spec = importlib.util.find_spec(module)
    if spec is None:
        return [f"there is no module {module}: install its package, or correct the entry point"]
    folder = Path(spec.origin).parent.resolve() if spec.origin else None
    audit = Audit(module, folder)
    sys.addaudithook(audit.see)
    threads = threading.active_count()
    try:
        importlib.import_module(module)
    except BaseException as exc:
        audit.on = False
        audit.found.append(f"{FAILED}: {why(module, exc)}")
    audit.on = False
    if more := threading.active_count() - threads:
        audit.found.append(f"importing it leaves {more} threads running; start them when needed")
    return audit.found


def main() -> None:
    """Print what importing the named module does."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answer:
        # A module that prints must not get into the answer.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        json.dump([*look(sys.argv[1])], answer)


if __name__ == "__main__":
    main()
