"""Help and completion answer at once: no command's work is imported for them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import pytest

from penstock.entrypoints.cli import commands
from penstock.entrypoints.cli.catalogue import COMMANDS, GROUPS, accounts
from penstock.plugins import load
from tests.contract.cli.running import run

HEAVY = ("aiohttp", "boto3", "botocore", "cryptography", "jinja2", "pluggy", "structlog")
"""What one command or another works with; each takes as long as half of help."""
MOST = 550
"""Modules in all: Python, typer and rich are 480 of them."""
_PROGRAM = """
import json, sys
from penstock.entrypoints.cli.tree import app
for words in json.loads(sys.argv[1]):
    try:
        app([*words, "--help"], prog_name="penstock")
    except SystemExit as ended:
        assert ended.code == 0, words
print(json.dumps(sorted(sys.modules)))
"""


def imported(*lines: Sequence[str]) -> Sequence[str]:
    """The modules that one process has imported when it has shown help for these words."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", _PROGRAM, json.dumps(lines)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_help_imports_no_client_no_server_and_no_plugin():
    names = [*COMMANDS, *GROUPS, *accounts()]
    found = imported((), *((name,) for name in names))

    assert [] == [name for name in found if name in HEAVY or name.startswith("penstock_")]


def test_the_first_help_imports_few_modules():
    """
    CPU time cannot be tested on a busy machine: half a second is more than 700 modules.
    """
    found = imported(())

    assert MOST > len(found)
    # Typer imports it to read the options of a command; the list of commands needs none.
    assert "pydantic" not in found


def test_the_catalogue_names_every_command_there_is():
    folder = Path(str(commands.__path__[0]))
    found = {file.stem for file in folder.glob("*.py")} - {"__init__", "accounts"}

    assert found == {*COMMANDS, *GROUPS}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_own_help_begins_with_its_line_of_the_catalogue(name: str):
    function = getattr(import_module(f"{commands.__name__}.{name}"), name)
    first = cleandoc(function.__doc__ or "").split("\n\n")[0]

    assert COMMANDS[name] == " ".join(first.split())


def test_the_gateways_that_are_listed_are_those_with_commands():
    assert sorted(one.name for one in load().accounts) == list(accounts())


def test_help_lists_every_name_with_its_line():
    shown = " ".join(run(["--help"]).stdout.replace("│", " ").split())

    for name, line in {**COMMANDS, **GROUPS, **accounts()}.items():
        assert f"{name} {line}" in shown


def test_a_mistyped_name_is_refused_with_the_one_that_was_meant():
    ended = run(["payment"])

    assert 2 == ended.exit_code
    assert "Did you mean 'payments'" in ended.stderr
