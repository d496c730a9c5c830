"""make's first words: what there is, and in one line what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run make as a person does, with nothing of this run's own make in its environment."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(  # noqa: S603 - make, with our own arguments
        ["make", *arguments],  # noqa: S607 - the one a person would run
        cwd=ROOT,
        env=kept | ({"PATH": path} if path else {}),
        capture_output=True,
        text=True,
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What it said of ours; make itself adds which target failed."""
    return [line for line in done.stderr.splitlines() if not line.startswith("make")]


@pytest.fixture
def old_python(tmp_path: Path) -> Path:
    """A Python that is too old."""
    script = tmp_path / "python3"
    script.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.1 && exit\nexit 1\n')
    script.chmod(0o755)
    return script


def test_help_is_what_make_says_first() -> None:
    shown = make().stdout

    for target in ("run", "test", "check", "lint", "build", "update", "invoke", "bench-flow"):
        assert f"make {target} " in shown


def test_a_python_that_is_too_old_is_one_line_with_the_way_out(old_python: Path) -> None:
    done = make("run", f"PYTHON={old_python}")

    assert [
        "penstock: Python 3.9.1 is too old, 3.11 or newer is needed:"
        " name another, as in make PYTHON=python3.12"
    ] == complaint(done)
    assert 0 != done.returncode


def test_a_python_that_is_missing_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    done = make("run", f"PYTHON={tmp_path}/python3")

    assert [
        f"penstock: there is no {tmp_path}/python3: install Python 3.11 or newer,"
        " or name yours: make PYTHON=..."
    ] == complaint(done)
    assert 0 != done.returncode


def test_a_deployment_needs_a_stack() -> None:
    assert ["penstock: say which: make update STACK=dev"] == complaint(make("update"))


@pytest.mark.skipif(
    shutil.which("pulumi", path="/usr/bin:/bin") is not None, reason="pulumi is installed here"
)
def test_a_deployment_needs_pulumi() -> None:
    assert ["penstock: pulumi is missing: see pulumi.com/docs/install"] == complaint(
        make("preview", "STACK=dev", path="/usr/bin:/bin")
    )


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("invoke", "-m local.invoke --stack {stack} charge tests/events/charge.json"),
        ("sqs_receive_messages", "--stack {stack} queue receive payments"),
        ("sqs_create_test_message", "--stack {stack} queue send payments"),
        (
            "sqs_purge_queue",
            '--stack {stack} queue purge payments --because "make sqs_purge_queue" --yes',
        ),
    ],
)
@pytest.mark.parametrize("stack", [None, "dev"])
def test_functions_and_queues_are_those_of_the_stack_that_is_named(
    target: str, shown: str, stack: str | None
) -> None:
    named = [f"STACK={stack}"] if stack else []
    recipe = make("-n", target, "FUNCTION=charge", *named).stdout

    assert shown.format(stack=stack or "local") in recipe


def test_what_a_protected_stack_wants_to_be_told_is_handed_on() -> None:
    for target in ("invoke", "sqs_create_test_message", "sqs_purge_queue"):
        recipe = make("-n", target, "FUNCTION=charge", "STACK=prod", "CONFIRM=prod").stdout

        assert " --confirm prod" in recipe
