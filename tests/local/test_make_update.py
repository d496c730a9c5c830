"""`make update` and `make destroy`: a protected stack only when somebody meant it."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.emulator import ROOT
from tests.local.pulumi import OPEN, PROTECTED, Pulumi

pytestmark = pytest.mark.slow


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    return Pulumi.make(tmp_path)


def make(
    pulumi: Pulumi, *arguments: str, typed: str = "", terminal: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run make, on what is typed ahead or at a terminal; the build in the middle is left out."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "CONFIRM")}
    typing: dict[str, Any] = {"input": typed} if terminal is None else {"stdin": terminal}
    path = f"{pulumi.path}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - make, on our own Makefile
        ["make", *arguments, "MAKE=true"],  # noqa: S607 - the one a person would run
        cwd=ROOT,
        env={**kept, "PATH": path},
        **typing,
        capture_output=True,
        text=True,
        check=False,
    )


# `test_confirm.py` has what else may be typed, and each answer of the engine's state: here it is
# that make asks, and stops where it is told to.
@pytest.mark.parametrize("target", ["update", "destroy"])
@pytest.mark.parametrize("typed", ["", "yes\n"])
def test_a_stack_whose_file_protects_it_is_left_alone_unless_its_name_is_typed(
    pulumi: Pulumi, target: str, typed: str
) -> None:
    done = make(pulumi, target, "STACK=prod", typed=typed)

    assert 0 != done.returncode
    assert "nothing was done" in done.stderr
    assert [] == pulumi.asked


def test_a_stack_that_stands_protected_is_not_deployed_without_its_name(pulumi: Pulumi) -> None:
    """
    Whatever it is called: dev's file does not protect it.
    """
    pulumi.shows(PROTECTED)
    refused = make(pulumi, "update", "STACK=dev")
    wrong = make(pulumi, "update", "STACK=dev", "CONFIRM=prod")

    assert (True, True, []) == (
        refused.returncode != 0,
        wrong.returncode != 0,
        pulumi.asked,
    )
    assert 0 == make(pulumi, "update", "STACK=dev", "CONFIRM=dev").returncode
    assert ["up --stack dev --yes"] == pulumi.asked


@pytest.mark.parametrize(
    ("arguments", "typed"), [(["STACK=prod"], "prod\n"), (["STACK=prod", "CONFIRM=prod"], "")]
)
def test_a_protected_stack_is_deployed_once_its_name_was_given(
    pulumi: Pulumi, arguments: list[str], typed: str
) -> None:
    done = make(pulumi, "update", *arguments, typed=typed)

    assert 0 == done.returncode
    # Pulumi refuses to begin where it can ask nobody, unless it is told.
    assert ["up --stack prod --yes"] == pulumi.asked


@pytest.mark.parametrize("outputs", [OPEN, {}], ids=["open", "not deployed"])
def test_other_stacks_are_deployed_and_all_are_previewed_without_asking(
    pulumi: Pulumi, outputs: Mapping[str, Any]
) -> None:
    pulumi.shows(outputs)
    make(pulumi, "update", "STACK=dev")
    make(pulumi, "preview", "STACK=prod")

    assert ["up --stack dev --yes", "preview --stack prod"] == pulumi.asked


def test_a_protected_stack_is_destroyed_once_its_name_was_given(pulumi: Pulumi) -> None:
    done = make(pulumi, "destroy", "STACK=prod", "CONFIRM=prod")

    assert 0 == done.returncode
    assert ["destroy --stack prod --yes"] == pulumi.asked


def test_where_nobody_can_type_a_refresh_changes_nothing_and_fails_on_drift(
    pulumi: Pulumi,
) -> None:
    make(pulumi, "refresh", "STACK=prod")

    assert ["refresh --stack prod --preview-only --expect-no-changes"] == pulumi.asked


def test_an_update_that_refreshes_undoes_what_was_changed_by_hand(pulumi: Pulumi) -> None:
    """
    Without `--refresh` Pulumi compares with its state, and changes nothing.
    """
    make(pulumi, "update", "STACK=dev", "CONFIRM=dev", "REFRESH=1")

    assert ["up --stack dev --refresh --yes"] == pulumi.asked


def test_a_stack_without_a_file_is_one_line(pulumi: Pulumi) -> None:
    done = make(pulumi, "update", "STACK=nowhere")

    assert "there is no Pulumi.nowhere.yaml" in done.stderr
    assert [] == pulumi.asked


def test_who_can_type_is_asked_by_pulumi(pulumi: Pulumi) -> None:
    main, terminal = pty.openpty()
    try:
        make(pulumi, "update", "STACK=dev", terminal=terminal)
    finally:
        os.close(main)
        os.close(terminal)

    assert ["up --stack dev"] == pulumi.asked
