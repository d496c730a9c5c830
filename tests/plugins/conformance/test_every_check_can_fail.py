"""
A check that nothing fails checks nothing.

Each check of the kit is run against a plugin that does everything right, which passes, and
against one broken in exactly what the check is for, which does not: its line is in the page of
all checks.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Attempt, Delivered, Event
from penstock.testing import importing
from tests.plugins.conformance.acme import AcmePay, AcmeSink
from tests.plugins.conformance.broken_packages import GOOD, IMPORTS
from tests.plugins.conformance.failing import good, row
from tests.plugins.conformance.sitting import CHECKS, bench, run
from tests.plugins.conformance.table import PAGE


@pytest.fixture(scope="module")
def page() -> set[str]:
    """The rows of the page of all checks."""
    return set(PAGE.read_text("utf-8").splitlines())


@pytest.mark.parametrize("name", CHECKS)
def test_a_good_plugin_passes(name: str):
    run(*CHECKS[name], good(name))


@pytest.mark.parametrize("name", CHECKS)
def test_a_plugin_broken_in_what_a_check_is_for_fails_it_with_its_line(name: str, page: set[str]):
    told = row(name)

    assert "| `` |" not in told, "the broken plugin passes"
    assert told in page, f"run `make plugin-checks`; the row is now {told}"


def test_the_page_has_a_row_for_each_check_and_no_other(page: set[str]):
    assert len(CHECKS) == len([line for line in page if line.startswith("| `")])


@pytest.mark.parametrize("what", IMPORTS)
def test_the_page_says_what_importing_must_not_do(what: str, page: set[str]):
    assert f"| {what} | `{IMPORTS[what][1]}` |" in page, "run `make plugin-checks`"


@pytest.mark.slow
@pytest.mark.parametrize("what", IMPORTS)
def test_what_importing_does_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
):
    code, said = IMPORTS[what]
    (tmp_path / "brittle_import.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))

    (found,) = importing.findings("brittle_import")

    assert found.startswith(said)


@pytest.mark.slow
def test_a_package_that_reads_its_own_files_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "brittle_import"
    package.mkdir()
    (package / "__init__.py").write_text(GOOD)
    (package / "text.json").write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert () == importing.findings("brittle_import")


def test_charges_that_promise_nothing_are_not_charged_twice():
    promising_nothing = type("Broken", (AcmePay,), {"idempotent_charges": False})

    with pytest.raises(pytest.skip.Exception):
        run(
            *CHECKS["ChargesConformance.test_one_operation_moves_the_money_once"],
            bench(promising_nothing),
        )


def test_a_sink_without_a_secret_needs_none():
    class Open(AcmeSink):
        async def deliver(self, event: Event, attempt: Attempt) -> Any:
            return Delivered()

    world = bench(Open)
    run(
        *CHECKS["SinkConformance.test_an_unreadable_secret_is_waited_for"],
        replace(world, registration=replace(world.registration, secrets=())),
    )
