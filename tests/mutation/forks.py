"""
Runs tests against one mutant after another: `python -m tests.mutation.forks`, in a copy.

Each line of standard input is a mutant and the tests for it, each line of standard output what
came of it. Every mutant has a process of its own that begins with the libraries loaded, which
takes most of a test run's time, and without a line of ours.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypedDict

import pytest

from tests.mutation.pytest_options import OPTIONS

_OURS = ("penstock", "penstock_", "tests", "local", "infra")
_POLL_S = 0.02


class Job(TypedDict):
    """
    One mutant.

    Attributes:
        module: the file's name, from the root.
        code: its text.
        tests: the node ids, those first that should run first.
        seconds: how long they may take.
    """

    module: str
    code: str
    tests: list[str]
    seconds: float


class Only:
    """A pytest plugin that runs the tests asked for, in the order asked for."""

    def __init__(self, tests: list[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self._place]
        items[:] = sorted(kept, key=lambda item: self._place[item.nodeid])


def main() -> None:
    """Answer each line."""
    _load_libraries()
    for line in sys.stdin:
        job: Job = json.loads(line)
        print(json.dumps(_outcome(job)), flush=True)


def _load_libraries() -> None:
    """What our code and pytest's plugins import, without our own modules."""
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    for one in entry_points(group="penstock"):
        importlib.import_module(one.module)
    package = importlib.import_module("penstock")
    for module in pkgutil.walk_packages(package.__path__, "penstock."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kept = ("tests", "tests.mutation", "tests.mutation.pytest_options")
    for name in list(sys.modules):
        top = name.split(".")[0]
        if name not in kept and (top in _OURS or top.startswith("penstock_")):
            del sys.modules[name]


def _outcome(job: Job) -> str:
    """`survived`, `killed` or `timeout`."""
    path = Path(job["module"])
    text = path.read_text()
    _write(path, job["code"])
    try:
        child = os.fork()
        if not child:
            _test(job["tests"])
        return _waited(child, job["seconds"])
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    """What Python compiled of the text before is never taken for this one."""
    path.write_text(text)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()


def _test(tests: list[str]) -> None:
    """In the new process: never returns."""
    code = 3
    try:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        files = dict.fromkeys(test.split("::")[0] for test in tests)
        code = int(pytest.main([*OPTIONS, "-x", *files], [Only(tests)]))
    finally:
        os._exit(code)


def _waited(child: int, seconds: float) -> str:
    latest = time.monotonic() + seconds
    while time.monotonic() < latest:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            _end(child)
            return "survived" if status == 0 else "killed"
        time.sleep(_POLL_S)
    _end(child)
    os.waitpid(child, 0)
    return "timeout"


def _end(child: int) -> None:
    """The process and all that it started: each mutant leads a group of its own."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
