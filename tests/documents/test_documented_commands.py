"""Each command, option and make target that a document names exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
import typer

from penstock.entrypoints.cli.catalogue import COMMANDS, GROUPS
from tests.contract.cli.running import run
from tests.documents.commands import ROOT, commands, documents, recipe
from tests.documents.pages import spans

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


OTHERS_OPTIONS = {"--create-bucket-configuration", "--deletion-protection-enabled"}
"""Of AWS's own command line."""


def inline_commands() -> Iterator[tuple[str, ...]]:
    """Commands within sentences, as far as their names go; of alternatives each."""
    for span in spans():
        line = span.removeprefix(".venv/bin/")
        if not line.startswith("penstock ") or "penstock acmepay" in line:
            continue  # `acmepay` is a reader's own plugin
        words = shlex.split(re.sub(r"--stack \w+", "", line))[1:]
        names: list[str] = []
        for word in words:
            if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
                break
            names.append(word)
        if names[:2] == ["secrets", "set"] or names[:2] == ["secrets", "split"]:
            names = names[:2]
        if names:
            yield tuple(names)


def in_blocks() -> set[tuple[str, ...]]:
    """What test_commands runs, with its options."""
    lines = (line for doc in documents() for line in commands(str(doc)))
    words = (tuple(re.sub(r"--stack \w+ ", "", one).split()[1:]) for one in lines)
    return {one[:size] for one in words for size in (1, 2, 3)}


@pytest.mark.parametrize("words", sorted({*inline_commands()} - in_blocks()), ids=" ".join)
def test_a_command_within_a_sentence_exists(words: tuple[str, ...]) -> None:
    shown = run([*words, "--help"])

    assert 0 == shown.exit_code, shown.output
    assert "Usage: " in shown.output


@cache
def tree() -> Any:
    """All commands, with those of PayPal's account."""
    package = "penstock.entrypoints.cli.commands"
    made = typer.Typer()
    for name in COMMANDS:
        made.command(name)(getattr(import_module(f"{package}.{name}"), name))
    for name in GROUPS:
        made.add_typer(import_module(f"{package}.{name}").app, name=name)
    made.add_typer(import_module(f"{package}.accounts").group("paypal"), name="paypal")
    return typer.main.get_command(made)


def test_each_command_of_each_group_is_in_a_document() -> None:
    """As `penstock group command`, or both words in backticks."""
    pages = [doc.read_text("utf-8") for doc in documents() if doc.name != "CHANGELOG.md"]
    text = re.sub(r"penstock (--stack \w+ )?", "`", "\n".join(pages))
    named = [
        f"{group} {command}"
        for group, one in tree().commands.items()
        for command in getattr(one, "commands", ())
    ]

    assert len(named) > 40
    assert [] == [one for one in named if not re.search(rf"`{one}\b", text)]


def options() -> frozenset[str]:
    """The options of all commands."""
    found: set[str] = {"--stack", "--json", "--help", "--version", "--confirm"}
    waiting: list[Any] = [tree()]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        found.update(name for one in command.params for name in (*one.opts, *one.secondary_opts))
    return frozenset(found)


def test_an_option_within_a_sentence_is_one_of_a_command() -> None:
    ours = [one for one in spans() if one.startswith("--")]
    named = {option for span in ours for option in _OPTION.findall(span)}
    scripts = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    scripts += "\n".join(path.read_text() for path in (ROOT / "plugins").rglob("*.py"))

    unknown = sorted(
        one for one in named - options() - OTHERS_OPTIONS if f'"{one}"' not in scripts
    )
    assert [] == unknown


@pytest.mark.parametrize(
    "line", sorted({one.split(" |")[0] for one in spans() if re.match(r"make [a-z_-]+( |$)", one)})
)
def test_a_make_target_within_a_sentence_runs_something(line: str) -> None:
    assert recipe(line)
