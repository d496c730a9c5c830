"""Options that every command shares, the version, and the shell's completion."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from penstock.entrypoints.cli.catalogue import GROUPS, accounts
from tests.contract.cli.commands import Shows
from tests.contract.cli.running import run


@pytest.mark.parametrize(
    "words",
    [
        ("--stack", "live", "queue", "depth"),
        ("queue", "--stack", "live", "depth"),
        ("queue", "depth", "--stack", "live"),
        ("--stack", "other", "queue", "--stack", "live", "depth"),
        ("--stack", "other", "queue", "depth", "--stack", "live"),
    ],
    ids=" ".join,
)
def test_the_stack_is_named_before_or_after_the_group_and_the_last_name_counts(
    pulumi: Shows, folder: Path, words: Sequence[str]
):
    pulumi()
    run(words)

    assert ["stack output --json --stack live"] == (folder / "asked").read_text().splitlines()


@pytest.mark.parametrize("group", [*GROUPS, "paypal"])
def test_every_group_takes_the_shared_options(group: str):
    assert "paypal" in accounts()
    shown = run([group, "--help"]).stdout

    assert [] == [one for one in ("--stack", "--json", "--confirm") if one not in shown]


def test_the_version_is_the_packages():
    ran = run(["--version"])

    assert (0, f"penstock {version('penstock')}\n") == (ran.exit_code, ran.stdout)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("penstock payp", ["paypal"]),
        ("penstock secrets ro", ["rotate", "rollback"]),
        ("penstock queue depth --st", ["--stack"]),
        ("penstock queue --stack ", ["local", "dev", "shop"]),
    ],
)
def test_the_shell_completes_commands_options_and_stacks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str, offered: list[str]
):
    for name in ("dev", "shop"):
        (folder / f"Pulumi.{name}.yaml").write_text("")
    monkeypatch.setenv("_PENSTOCK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split(" ")) - 1))

    assert offered == run([]).stdout.split()
