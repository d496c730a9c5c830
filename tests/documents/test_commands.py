"""Every command a document names exists, with the options it is named with."""

from __future__ import annotations

import shlex

import pytest

from tests.contract.cli.running import run
from tests.documents.commands import ROOT, commands, documents, recipe

NAMED = [(page.name, line) for page in documents() for line in commands(str(page))]


def named(program: str) -> list[str]:
    """The lines that run a program."""
    return sorted({line for _, line in NAMED if line.split()[0].endswith(program)})


def test_the_readme_begins_with_its_two_commands() -> None:
    assert ["make run", "make test"] == commands("README.md")[:2]


@pytest.mark.parametrize("line", named("make"))
def test_a_make_target_that_is_named_runs_something(line: str) -> None:
    assert recipe(line)


@pytest.mark.parametrize("line", named("penstock"))
def test_a_command_that_is_named_exists_with_its_options(line: str) -> None:
    words = shlex.split(line)[1:]
    shown = run([*words, "--help"])

    assert 0 == shown.exit_code, shown.output
    assert "Usage: " in shown.output


def test_there_are_commands_to_hold_to_this() -> None:
    assert named("make")
    assert named("penstock")
    assert (ROOT / "README.md").exists()
