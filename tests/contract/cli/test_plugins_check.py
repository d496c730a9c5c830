"""`penstock plugins check`: what a plugin is checked for, as a table and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from penstock.entrypoints.cli.checking import Checks
from penstock.testing.checking import Checked, Found, Result, kit
from penstock.testing.conformance.telling import promise
from tests.contract.cli.commands import penstock
from tests.plugins.unbuildable import install

TESTS = """
import pytest

from penstock.api import Delivered
from penstock.plugins import load
from penstock.testing import Bench, SinkConformance

{more}


class TestQuiet(SinkConformance):
    @pytest.fixture
    def bench(self):
        return Bench(load(["penstock_slack"]).sink("slack"))


def test_another():
    raise AssertionError
"""


@pytest.fixture
def brittle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plugin that is installed while the test runs, and that cannot be built."""
    install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("brittle", None)


def checks(*made: Checked) -> Checks:
    return Checks("acmepay", "acmepay", Path("tests"), made)


def shown(one: Checks) -> str:
    console = Console(width=80, file=None, record=True, markup=False, highlight=False)
    with console.capture() as captured:
        for line in one.lines():
            console.print(line)
    return captured.get()


def test_each_part_is_a_row_and_each_failure_a_line() -> None:
    because = "a lost answer leaves it unknown: NotSent() where it must be Unanswered"
    made = checks(
        Checked("package", "it can be built", Result.passed),
        Checked("ChargesConformance", "test_a_good_charge_succeeds", Result.passed),
        Checked(
            "ChargesConformance", "test_a_lost_answer_leaves_it_unknown", Result.failed, because
        ),
        Checked("types", "pyright finds no error", Result.skipped, "pyright is not installed"),
    )

    lines = shown(made).splitlines()

    assert ["part                passed  failed  skipped", "package             1"] == [
        line.rstrip() for line in lines[:2]
    ]
    assert f"failed: ChargesConformance: {because}" in " ".join(" ".join(lines).split())
    assert "acmepay does not pass: 2 of 4 checks" == lines[-1]
    assert all(len(line) <= 80 for line in lines)
    assert (False, "failed") == (made.data()["passed"], made.data()["checks"][2]["result"])


def test_one_fault_that_fails_many_checks_is_one_line() -> None:
    """
    A `charge` that cannot be called fails all that its class checks.
    """
    because = "it raised TypeError: charge() takes 2 arguments (acmepay/gateway.py, line 7)"
    names = ("a_good_charge_succeeds", "a_lost_answer_leaves_it_unknown", "a_buyer_s_name_is_kept")
    made = checks(
        *(
            Checked("ChargesConformance", f"test_{name}", Result.failed, f"{words}: {because}")
            for name, words in zip(names, map(promise, names), strict=True)
        )
    )

    told = [line for line in made.lines() if str(line).startswith("failed: ")]

    assert [f"failed: ChargesConformance: a good charge succeeds and 2 others: {because}"] == told


def test_a_plugin_that_does_not_pass_ends_with_1_and_says_why(brittle: Path) -> None:
    done = penstock("--json", "plugins", "check", "brittle", "--no-types")

    told: dict[str, Any] = json.loads(done.stdout)
    wrong = {one["check"]: one["because"] for one in told["checks"] if one["result"] == "failed"}
    assert (1, False) == (done.exit_code, told["passed"])
    assert "run: python -m penstock.testing.datafile brittle" in wrong.values()
    assert "there is no folder `tests` beside its package: name it with --tests" in wrong.values()


def test_what_cannot_be_built_is_said_once_and_its_tests_are_not_run(brittle: Path) -> None:
    """
    Each of them would build it, and say that again.
    """
    module = brittle / "brittle/__init__.py"
    module.write_text(module.read_text().replace("    url: str", '    url: str = "x.test"'))

    done = penstock("--json", "plugins", "check", "brittle", "--no-types")

    checks = json.loads(done.stdout)["checks"]
    assert {"package"} == {one["part"] for one in checks}
    assert 1 == sum("build raised ValueError" in (one["because"] or "") for one in checks)


def test_a_name_that_another_plugin_has_is_said_with_whose_it_is(brittle: Path) -> None:
    code = (brittle / "brittle/__init__.py").read_text()
    (brittle / "brittle/__init__.py").write_text(
        code.replace('register(name="brittle"', 'register(name="paypal"')
    )

    done = penstock("--json", "plugins", "check", "brittle", "--no-types")

    told = {one["check"]: one["because"] for one in json.loads(done.stdout)["checks"]}
    said = "'paypal' is registered by penstock_paypal, too; rename one, or uninstall the other"
    assert said == told["no other installed plugin has its names"]


def test_a_name_that_no_plugin_has_lists_those_there_are() -> None:
    done = penstock("plugins", "check", "brittle")

    assert (4, 1) == (done.exit_code, len(done.stderr.splitlines()))
    assert "no installed plugin is named brittle; there are email, example, paypal" in done.stderr


def test_what_cannot_be_imported_is_not_looked_at_further(brittle: Path) -> None:
    """
    It is found by its data file, and it would end the process that imports it.
    """
    (brittle / "brittle/__init__.py").write_text("import sys\nsys.exit()\n")

    done = penstock("--json", "plugins", "check", "brittle", "--no-types")

    (only,) = json.loads(done.stdout)["checks"]
    assert (1, "failed") == (done.exit_code, only["result"])
    assert only["because"].startswith("importing it failed: it calls sys.exit (brittle/__init__")


@pytest.mark.slow
def test_a_failed_check_of_the_kit_is_one_line_however_often_it_ran(tmp_path: Path) -> None:
    """
    Other tests of the plugin are left out.
    """
    tests = tmp_path / "test_quiet.py"
    tests.write_text(TESTS.format(more=""))
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\nasyncio_mode = "auto"\n')

    found = {one.check: one for one in kit(Found("penstock_slack", "slack", None), tests)}

    assert {"PluginConformance", "SinkConformance"} == {one.part for one in found.values()}
    failed = found["test_it_delivers_every_event"]
    assert (Result.failed, True) == (
        failed.result,
        failed.because.startswith("it delivers every event: "),
    )
    assert Result.passed is found["test_it_chooses_without_reaching_out"].result


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "more", "said"),
    [
        ("strict", "", 'set asyncio_mode = "auto"'),
        (
            "auto",
            "import not_there",
            "pytest could not run test_quiet.py: ModuleNotFoundError: No module named 'not_there'"
            " (test_quiet.py, line 8)",
        ),
        (
            "auto",
            "@pytest.fixture(autouse=True)\ndef broken():\n    raise OSError('no folder')",
            "pytest could not run test_quiet.py: OSError: no folder (test_quiet.py, line 10)",
        ),
        ("auto", "del SinkConformance\nclass SinkConformance: pass", "none in test_quiet.py does"),
    ],
)
def test_tests_that_cannot_run_are_no_success(
    tmp_path: Path, mode: str, more: str, said: str
) -> None:
    tests = tmp_path / "test_quiet.py"
    tests.write_text(TESTS.format(more=more))
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.pytest.ini_options]\nasyncio_mode = "{mode}"\n'
    )

    (only,) = kit(Found("penstock_slack", "slack", None), tests)

    assert (Result.failed, True) == (only.result, said in only.because)
