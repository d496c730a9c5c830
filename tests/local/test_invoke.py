"""`make invoke` on a stack that is not the local one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.aws import EmulatorSession, session_of
from tests.local.pulumi import OPEN, PROTECTED, Pulumi

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    return Pulumi.make(tmp_path)


def invoke(pulumi: Pulumi, *arguments: str) -> str:
    """What it says when it refuses."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "local.invoke", *arguments, "tests/events/charge.json"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{pulumi.path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 1 == done.returncode
    return done.stderr.strip()


def test_a_protected_stack_wants_its_name(pulumi: Pulumi) -> None:
    pulumi.shows({**PROTECTED, "functions": {"sweep": "penstock-prod-sweep"}})

    assert invoke(pulumi, "--stack", "prod", "charge").endswith("add CONFIRM=prod")
    assert "FUNCTION is one of sweep" in invoke(
        pulumi, "--stack", "prod", "--confirm", "prod", "charge"
    )


def test_another_stack_has_its_own_functions(pulumi: Pulumi) -> None:
    pulumi.shows({**OPEN, "functions": {"sweep": "penstock-dev-sweep"}})

    assert "penstock: FUNCTION is one of sweep" == invoke(pulumi, "--stack", "dev", "charge")


def test_a_stack_on_aws_is_asked_in_its_own_region_and_not_at_the_emulator() -> None:
    session = session_of({"region": "eu-west-1"})

    assert "eu-west-1" == session.region_name
    assert not isinstance(session, EmulatorSession)
