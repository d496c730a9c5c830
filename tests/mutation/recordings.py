"""Which tests run a line: measured once per test file, and again when the code has changed."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from tests.mutation.copied import ROOT, environment
from tests.mutation.mutants import Mutant

FOLDERS = ("tests/unit", "tests/plugins", "tests/contract")
# What is read as classes and constants, and so once for all tests, is for these to look at.
EVERYWHERE = ("tests/unit/domain/test_values.py", "tests/documents/test_limits_page.py")
LONGEST_S = 40.0
"""What the tests of one mutant may have taken when they were measured."""
KEPT = ROOT / ".mutation" / "recorded"
_TOGETHER = 12
"""So many files run in one process, so that what was recorded is kept when a run is ended."""


@dataclass(frozen=True)
class Recordings:
    """
    What each test runs.

    Attributes:
        seconds: by test.
        lines: by module and line, the tests.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]

    @cached_property
    def _breadth(self) -> dict[str, int]:
        """How many lines a test runs: one that runs few is about them."""
        breadth: dict[str, int] = defaultdict(int)
        for lines in self.lines.values():
            for tests in lines.values():
                for test in tests:
                    breadth[test] += 1
        return breadth

    def tests(self, mutant: Mutant) -> list[str]:
        """
        The tests that run a mutant's line, those first that run few others; so many as fit.

        What runs when a module is imported is for those that look at every class and constant,
        then for those that use the module, then for those that use one that imports it.
        """
        if not mutant.imported:
            ran = self.lines.get(mutant.module, {})
            lines = range(mutant.number, mutant.end + 1)
            return self._fitting(self._ordered(one for n in lines for one in ran.get(n, ())))
        first = sorted(one for one in self.seconds if one.startswith(EVERYWHERE))
        users = self._users(mutant.module)
        others = {one for module in _importers(mutant.module) for one in self._users(module)}
        return self._fitting(dict.fromkeys([*first, *users, *self._ordered(others)]))

    def _users(self, module: str) -> list[str]:
        return self._ordered(one for tests in self.lines.get(module, {}).values() for one in tests)

    def _ordered(self, tests: Iterable[str]) -> list[str]:
        return sorted(set(tests), key=lambda one: (self._breadth[one], one))

    def _fitting(self, tests: Iterable[str]) -> list[str]:
        tests = list(tests)
        took = accumulate(self.seconds[one] for one in tests)
        return [one for one, seconds in zip(tests, took, strict=True) if seconds <= LONGEST_S]


def recorded(copies: Sequence[Path]) -> Recordings:
    """What is kept, after what is missing was measured in the copies."""
    wanted = _wanted()
    KEPT.mkdir(parents=True, exist_ok=True)
    for path in KEPT.glob("*.json"):
        if path.name not in wanted.values():
            path.unlink()
    missing = [name for name, kept in wanted.items() if not (KEPT / kept).exists()]
    if missing:
        print(f"penstock: mutation: measuring what {len(missing)} test files run", flush=True)
    parts = [missing[at : at + _TOGETHER] for at in range(0, len(missing), _TOGETHER)]
    free = list(copies)
    with ThreadPoolExecutor(len(copies)) as pool:
        for _ in pool.map(lambda part: _measure(free, part, wanted), parts):
            pass
    return _read(KEPT / name for name in wanted.values())


def _measure(free: list[Path], files: list[str], wanted: dict[str, str]) -> None:
    folder = free.pop()
    out = folder / ".recorded"
    out.mkdir(exist_ok=True)
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "tests.mutation.recorder", str(out), *files],
            cwd=folder,
            env=environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"penstock: mutation: measuring failed: {done.stdout}{done.stderr}")
        for name in files:
            text = (out / f"{name.replace('/', '-')}.json").read_text()
            for test in json.loads(text)["failed"]:
                if test.startswith(name):
                    print(f"penstock: mutation: left out, as it does not pass: {test}", flush=True)
            (KEPT / wanted[name]).write_text(text)
    finally:
        free.append(folder)


def _wanted() -> dict[str, str]:
    """By test file, the name of what is kept of it: another one when the code has changed."""
    sources = [path for name in ("runtime", "plugins") for path in (ROOT / name).rglob("*.py")]
    shared = [
        path
        for path in (ROOT / "tests").rglob("*.py")
        if not path.name.startswith("test_") and path.parent.name != "mutation"
    ]
    code = hashlib.sha256()
    for path in sorted([*sources, *shared]):
        code.update(path.read_bytes())
    wanted: dict[str, str] = {}
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("test_*.py")]
    for path in sorted({*inside, *(ROOT / name for name in EVERYWHERE)}):
        digest = hashlib.sha256(code.digest() + path.read_bytes()).hexdigest()[:16]
        wanted[path.relative_to(ROOT).as_posix()] = f"{path.stem}-{digest}.json"
    return wanted


def _read(kept: Iterable[Path]) -> Recordings:
    seconds: dict[str, float] = {}
    lines: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in kept:
        told = json.loads(path.read_text())
        seconds |= told["seconds"]
        for test, modules in told["lines"].items():
            for module, numbers in modules.items():
                for number in numbers:
                    lines[module][number].append(test)
    return Recordings(seconds, lines)


def _importers(module: str) -> list[str]:
    """The modules that import this one, by its name."""
    name = re.escape(".".join(Path(module).with_suffix("").parts[1:]).removesuffix(".__init__"))
    package, _, last = name.rpartition(r"\.")
    forms = (rf"from {name} ", rf"import {name}\b", rf"from {package} import .*\b{last}\b")
    naming = re.compile(rf"^\s*({'|'.join(forms)})", re.M)
    return [
        path.relative_to(ROOT).as_posix()
        for folder in ("runtime", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if naming.search(path.read_text())
    ]
