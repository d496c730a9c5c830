"""What `make update` asks first: the name of a stack that is protected, and of no other."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.confirm import main
from tests.local.pulumi import OLDER, OPEN, PROTECTED, Pulumi

Confirm = Callable[..., int]


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    made = Pulumi.make(tmp_path)
    monkeypatch.setenv("PATH", f"{made.path}{os.pathsep}{os.environ['PATH']}")
    return made


@pytest.fixture
def confirm(pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> Confirm:
    """`python -m local.confirm`, with what is typed ahead: 0 if the deployment may go on."""

    def run(*arguments: str, typed: str = "") -> int:
        monkeypatch.setattr(sys, "argv", ["confirm", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return main()

    return run


@pytest.mark.parametrize("typed", ["", "\n", "yes\n", "Prod\n", "dev\n"])
def test_a_stack_whose_file_protects_it_goes_on_only_with_its_name(
    confirm: Confirm, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    assert 1 == confirm("prod", typed=typed)
    assert "nothing was done" in capsys.readouterr().err
    assert (0, 0) == (confirm("prod", typed="prod\n"), confirm("prod", "prod"))


@pytest.mark.parametrize(
    "outputs", [PROTECTED, OLDER, None], ids=["protected", "older", "unknown"]
)
def test_a_stack_that_stands_protected_or_does_not_say_goes_on_only_with_its_name(
    pulumi: Pulumi, confirm: Confirm, outputs: Mapping[str, Any] | None
) -> None:
    """
    Whatever it is called: dev's file does not protect it.
    """
    pulumi.shows(outputs)

    assert (1, 1, 0) == (confirm("dev"), confirm("dev", "prod"), confirm("dev", "dev"))


@pytest.mark.parametrize("outputs", [OPEN, {}], ids=["open", "not deployed"])
def test_other_stacks_go_on_without_being_asked(
    pulumi: Pulumi,
    confirm: Confirm,
    capsys: pytest.CaptureFixture[str],
    outputs: Mapping[str, Any],
) -> None:
    pulumi.shows(outputs)

    assert (0, "") == (confirm("dev"), capsys.readouterr().err)


def test_a_stack_without_a_file_is_one_line(
    confirm: Confirm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == confirm("nowhere")
    assert "there is no Pulumi.nowhere.yaml" in capsys.readouterr().err
