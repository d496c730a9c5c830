"""Runs the kit's checks: the tests of the plugin that subclass its classes, with pytest."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from penstock.testing.checking.checked import Checked, Result
from penstock.testing.checking.find import Found

PART = "tests"
CHECK = "its tests subclass the kit's classes"
_SECONDS = 900
_PROJECT = "pyproject.toml"
_RAISED = re.compile(r"E {3}(?=\S)")
_PLACE = re.compile(r"(?P<file>\S+\.py):(?P<line>\d+): ")
"""How pytest writes the exception, and before it each step that led there."""
_PLUGIN = "penstock.testing.pytest_plugin"


def root_of(folder: Path) -> Path:
    """The project that a package is of: the next folder above it that has a pyproject.toml."""
    return next((one for one in folder.parents if (one / _PROJECT).is_file()), folder.parent)


def bench_folder(found: Found) -> Path | None:
    """
    Where a plugin's tests are, if nobody says it: `tests` of its project.

    A project of several plugins keeps them apart, as `tests/plugins/<name>`.
    """
    if found.folder is None:
        return None
    root = root_of(found.folder)
    places = (root / "tests/plugins" / found.name, root / "tests")
    return next((place for place in places if place.is_dir()), None)


def kit(found: Found, tests: Path | None) -> Sequence[Checked]:
    """
    What became of each check of the kit.

    Args:
        tests: a file or folder with the plugin's tests.
    """
    if importlib.util.find_spec("pytest") is None:
        return [_none("pytest is not installed: pip install pytest pytest-asyncio")]
    if tests is None:
        return [_none("there is no folder `tests` beside its package: name it with --tests")]
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
        report = Path(folder, "report.json")
        command = ("-q", "--tb=short", "-p", "no:cacheprovider", "-p", _PLUGIN, "--penstock-kit")
        place = tests.resolve()
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter, on the plugin's tests
                [sys.executable, "-m", "pytest", *command, f"--penstock-report={report}", place],
                cwd=root_of(place / "test"),
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [_none(f"the tests in {tests.name} took longer than {_SECONDS} s")]
        told: list[dict[str, Any]] = json.loads(report.read_text()) if report.is_file() else []
    ours = [one for one in told if found.name in ("", one["of"]) or not one["of"]]
    if any(one["of"] for one in ours):
        return _together(ours)
    return [_none(_because(done, tests))]


def _none(because: str) -> Checked:
    return Checked(PART, CHECK, Result.failed, because)


def _because(done: subprocess.CompletedProcess[str], tests: Path) -> str:
    """Why no check ran: the last thing that pytest said of an error."""
    lines = (done.stdout + done.stderr).splitlines()
    said = [line for line in lines if "error" in line.lower()]
    if done.returncode in (0, 5) or not said:
        return f"none in {tests.name} does, with a bench of this plugin"
    return f"pytest could not run {tests.name}: {_raised(lines) or _one_line(said[-1])}"


def _raised(lines: Sequence[str]) -> str:
    """What the first test raised, and where; empty where none did."""
    first = next((at for at, line in enumerate(lines) if _RAISED.match(line)), None)
    if first is None:
        return ""
    places = [found for line in lines[:first] if (found := _PLACE.match(line))]
    where = f" ({Path(places[-1]['file']).name}, line {places[-1]['line']})" if places else ""
    return f"{_one_line(lines[first][4:])}{where}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _together(told: Sequence[dict[str, Any]]) -> list[Checked]:
    """A check that ran several times, with other parameters, is one; a failure goes first."""
    worst = (Result.failed, Result.skipped, Result.passed)
    found: dict[tuple[str, str], Checked] = {}
    for one in told:
        made = Checked(one["class"], one["check"], Result(one["result"]), one["because"])
        known = found.get((made.part, made.check))
        if known is None or worst.index(made.result) < worst.index(known.result):
            found[made.part, made.check] = made
    return [*found.values()]
