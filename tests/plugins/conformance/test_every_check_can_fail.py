"""
A check that nothing fails checks nothing.

Each check of the kit is run against a plugin that does everything right, which passes, and
against one broken in exactly what the check is for, which does not: its line is in the page of
all checks.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Attempt, Delivered, Event
from penstock.testing import conformance, importing
from penstock.testing.conformance.exercises import EXERCISES, watched_checks
from penstock.testing.conformance.telling import asks_for_a_type
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.acme_sink import AcmeSink
from tests.plugins.conformance.broken_packages import GOOD, IMPORTS
from tests.plugins.conformance.broken_plugins import ALSO
from tests.plugins.conformance.broken_sinks import Countless
from tests.plugins.conformance.broken_waits import METHODS, punctual, sleepy
from tests.plugins.conformance.failing import failed, good, row
from tests.plugins.conformance.sitting import CHECKS, bench, run
from tests.plugins.conformance.table import PAGE

KIT_FOLDER = Path(conformance.__file__).parent


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


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_a_broken_plugin_fails_its_check_and_what_follows_from_it(name: str):
    assert {name, *ALSO.get(name, ())} == failed(name)


@pytest.mark.parametrize(
    ("capability", "method"), [(name, one) for name, members in METHODS.items() for one in members]
)
def test_each_method_of_a_capability_is_watched(capability: str, method: str):
    made = EXERCISES[capability]
    for check, broken in zip(watched_checks(made), (punctual, sleepy), strict=True):
        (name,) = [one for one in CHECKS if one.endswith(f".{check}")]

        with pytest.raises(AssertionError, match="broken_waits, line"):
            run(*CHECKS[name], bench(broken(capability, method)))


def test_a_method_that_takes_too_little_is_told_so():
    check = "SinkConformance.test_its_methods_take_and_return_what_the_protocol_says"

    with pytest.raises(AssertionError, match=r"deliver must take \(self, event, attempt\)"):
        run(*CHECKS[check], bench(Countless))


def test_no_line_of_a_check_is_a_python_condition(page: set[str]):
    code = re.compile(r" (==|!=|is None|not in) |isinstance\(|does not hold")

    assert [] == [row for row in page if row.startswith("| `") and code.search(_said(row))]


@pytest.mark.parametrize("module", sorted(KIT_FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_each_assertion_of_the_kit_can_say_what_came(module: Path):
    """
    It has a message, or asks for the type of a name: the line is made of that.
    """
    silent = [
        f"{module.name}, line {one.lineno}"
        for one in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(one, ast.Assert) and one.msg is None and not asks_for_a_type(one.test)
    ]

    assert [] == silent


def _said(row: str) -> str:
    return re.split(r"(?<!\\)\|", row)[4]


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


def remembers(base: type, method: str) -> type:
    """A plugin that keeps its key on itself once it has read it, and shows what it has."""

    async def called(self: Any, *arguments: Any) -> Any:
        self.kept = (await self.context.secrets.get()).values("key")
        return await getattr(base, method)(self, *arguments)

    return type("Broken", (base,), {method: called, "__repr__": lambda self: repr(vars(self))})


@pytest.mark.parametrize(
    ("check", "base", "method"),
    [
        ("WebhooksConformance.test_authenticating_logs_no_secret", AcmePay, "authenticate"),
        ("ChargesConformance.test_charging_logs_no_secret", AcmePay, "charge"),
        ("SinkConformance.test_delivering_logs_no_secret", AcmeSink, "deliver"),
    ],
)
def test_a_plugin_shows_no_secret_after_it_was_used_either(check: str, base: type, method: str):
    """
    It has read none when it was just built.
    """
    with pytest.raises(AssertionError, match="its repr shows key afterwards"):
        run(*CHECKS[check], bench(remembers(base, method)))
