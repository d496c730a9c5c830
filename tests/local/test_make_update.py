"""`make update`: prod only when somebody meant it."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.emulator import ROOT


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A pulumi on the path that notes what it was asked."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    program.chmod(0o755)
    return tmp_path / "asked"


def make(
    pulumi: Path, *arguments: str, typed: str = "", terminal: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run make, on what is typed ahead or at a terminal; the build in the middle is left out."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "YES_PROD")}
    typing: dict[str, Any] = {"input": typed} if terminal is None else {"stdin": terminal}
    path = f"{pulumi.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - make, on our own Makefile
        ["make", *arguments, "MAKE=true"],  # noqa: S607 - the one a person would run
        cwd=ROOT,
        env={**kept, "PATH": path},
        **typing,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("typed", ["", "\n", "yes\n", "Prod\n"])
def test_prod_is_not_deployed_to_unless_its_name_is_typed(pulumi: Path, typed: str) -> None:
    done = make(pulumi, "update", "STACK=prod", typed=typed)

    assert 0 != done.returncode
    assert "nothing was deployed" in done.stderr
    assert not pulumi.exists()


@pytest.mark.parametrize(
    ("arguments", "typed"), [(["STACK=prod"], "prod\n"), (["STACK=prod", "YES_PROD=1"], "")]
)
def test_prod_is_deployed_to_once_it_was_said(
    pulumi: Path, arguments: list[str], typed: str
) -> None:
    done = make(pulumi, "update", *arguments, typed=typed)

    assert 0 == done.returncode
    # Pulumi refuses to begin where it can ask nobody, unless it is told.
    assert ["up --stack prod --yes"] == pulumi.read_text().splitlines()


def test_other_stacks_are_deployed_to_and_prod_is_looked_at_without_asking(pulumi: Path) -> None:
    make(pulumi, "update", "STACK=dev")
    make(pulumi, "preview", "STACK=prod")

    assert ["up --stack dev --yes", "preview --stack prod"] == pulumi.read_text().splitlines()


def test_who_can_type_is_asked_by_pulumi(pulumi: Path) -> None:
    main, terminal = pty.openpty()
    try:
        make(pulumi, "update", "STACK=dev", terminal=terminal)
    finally:
        os.close(main)
        os.close(terminal)

    assert ["up --stack dev"] == pulumi.read_text().splitlines()
