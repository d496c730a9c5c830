"""Records which lines each test runs: `python -m tests.mutation.recorder OUT FILE...`."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

from tests.mutation.pytest_options import OPTIONS

FOLDERS = ("runtime", "plugins")


class Recorder:
    """A pytest plugin that gives each test a context of its own."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.skipped: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        began = time.monotonic()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = round(time.monotonic() - began, 3)
            self._coverage.switch_context("")

    @property
    def passed(self) -> set[str]:
        """The tests that can tell something about a mutant."""
        return self.seconds.keys() - self.failed - self.skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)


def record(out: Path, files: list[str]) -> None:
    """
    Run the files' tests and write what each test file runs.

    A test that does not pass as the code is can tell nothing about a mutant: it is left out.
    """
    coverage = Coverage(
        data_file=None,
        config_file=False,
        include=[f"{folder}/*" for folder in FOLDERS],
    )
    recorder = Recorder(coverage)
    coverage.start()
    pytest.main(
        [*OPTIONS, "-m", "not slow and not browser and not emulator and not postgres", *files],
        [recorder],
    )
    coverage.stop()

    lines: dict[str, dict[str, dict[str, list[int]]]] = defaultdict(lambda: defaultdict(dict))
    data = coverage.get_data()
    for path in data.measured_files():
        module = Path(path).relative_to(Path.cwd()).as_posix()
        ran: dict[str, list[int]] = defaultdict(list)
        for line, tests in data.contexts_by_lineno(path).items():
            for test in tests:
                ran[test].append(line)
        for test, numbers in ran.items():
            if test in recorder.passed:
                lines[test.split("::")[0]][test][module] = numbers
    for name in files:
        passed = (one for one in recorder.passed if one.split("::")[0] == name)
        seconds = {one: recorder.seconds[one] for one in sorted(passed)}
        told = {"seconds": seconds, "failed": sorted(recorder.failed), "lines": lines[name]}
        (out / f"{name.replace('/', '-')}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    record(Path(sys.argv[1]), sys.argv[2:])
