"""
The conformance kit as a pytest plugin. pytest finds it by its entry point: nothing is to be named.

It offers fixtures to the tests of a plugin, says of each check of the kit that fails in one line
why it does, and refuses to run where its `async` checks would not be awaited.

    penstock_clock        a `FrozenClock` at noon
    penstock_simulator    serves a simulator until the test ends: `await penstock_simulator(app)`

    --penstock-kit        run the checks of the kit and no other tests
    --penstock-report     write what became of each check to a file, as JSON
"""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from penstock.testing import FrozenClock, Simulate

_KIT = "penstock.testing.conformance"
_PROPERTY = "penstock"
_MODE = (
    "penstock: the conformance kit has async tests: install pytest-asyncio, and set"
    ' asyncio_mode = "auto" in [tool.pytest.ini_options]'
)


@pytest.fixture
def penstock_clock() -> FrozenClock:
    """A clock that stands still at noon until the test moves it."""
    from penstock.testing import FrozenClock

    return FrozenClock()


try:
    import pytest_asyncio
except ImportError:
    # Without it no async test runs; `pytest_collection_modifyitems` says so where there is one.
    pass
else:

    @pytest_asyncio.fixture
    async def penstock_simulator() -> AsyncIterator[Simulate]:
        """Serves a simulator until the test ends."""
        from penstock.testing import served

        async with AsyncExitStack() as stack:

            async def simulate(simulator: Any) -> Any:
                return await stack.enter_async_context(served(simulator))

            yield simulate


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `penstock plugins check`."""
    group = parser.getgroup("penstock", "the conformance kit of Penstock")
    group.addoption("--penstock-kit", action="store_true", help="run the kit's checks only")
    group.addoption(
        "--penstock-report", metavar="FILE", help="write what became of each check, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take down what becomes of the checks."""
    config.pluginmanager.register(Report(config.getoption("--penstock-report")), "penstock-report")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Leave other tests out if asked to.

    Raises:
        pytest.UsageError: the kit's async checks would not be awaited.
    """
    kit = [one for one in items if _of_the_kit(one)]
    awaited = any(inspect.iscoroutinefunction(_function(one)) for one in kit)
    if awaited and not _awaits(config):
        raise pytest.UsageError(_MODE)
    if config.getoption("--penstock-kit"):
        chosen = {id(one) for one in kit}
        config.hook.pytest_deselected(items=[one for one in items if id(one) not in chosen])
        items[:] = kit


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a check which one it was, and its line if it failed."""
    report = yield
    if not _of_the_kit(item) or (report.when != "call" and report.passed):
        return report
    from penstock.testing.conformance.telling import line

    cls, _, check = str(getattr(_function(item), "__qualname__", "")).rpartition(".")
    because = ""
    if report.failed and call.excinfo is not None:
        because = line(check, call.excinfo.value, _plugin_of(item))
    elif report.skipped and call.excinfo is not None:
        because = str(call.excinfo.value).partition("\n")[0]
    told = {
        "class": cls,
        "check": check,
        "of": _bench_of(item),
        "result": report.outcome,
        "because": because,
    }
    report.user_properties.append((_PROPERTY, told))
    return report


class Report:
    """What became of the checks: written to a file if asked to, and each failure as a line."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._told: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down one."""
        self._told += [told for name, told in _properties(report) if name == _PROPERTY]

    def pytest_sessionfinish(self) -> None:
        """Write all of them."""
        if self._file is not None:
            Path(self._file).write_text(json.dumps(self._told), "utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print a line for each that failed, once for all its parameters."""
        failed = [one for one in self._told if one["result"] == "failed"]
        lines = dict.fromkeys(f"{one['class']}: {one['because']}" for one in failed)
        if lines:
            terminalreporter.section("conformance")
            for line in lines:
                terminalreporter.line(line)


def _properties(report: pytest.TestReport) -> list[tuple[str, Any]]:
    return [(str(name), told) for name, told in report.user_properties]


def _of_the_kit(item: pytest.Item) -> bool:
    return str(getattr(_function(item), "__module__", "")).startswith(_KIT)


def _function(item: pytest.Item) -> object:
    return getattr(item, "function", None)


def _bench_of(item: pytest.Item) -> str:
    """The name of the gateway or sink that is under test; empty where none could be made."""
    bench = getattr(item, "funcargs", {}).get("bench")
    return str(bench.registration.name) if bench is not None else ""


def _plugin_of(item: pytest.Item) -> str:
    """The package that is under test; empty where no bench could be made."""
    bench = getattr(item, "funcargs", {}).get("bench")
    return str(bench.registration.plugin) if bench is not None else ""


def _awaits(config: pytest.Config) -> bool:
    if not config.pluginmanager.hasplugin("asyncio"):
        return False
    mode = config.getoption("asyncio_mode", None) or config.getini("asyncio_mode")
    return str(mode).lower().endswith("auto")
