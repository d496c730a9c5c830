"""`make invoke` on a stack that is not the local one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.aws import EmulatorSession, session_of
from local.invoke import main
from tests.local.pulumi import OPEN, PROTECTED, Pulumi

ROOT = Path(__file__).parents[2]
EVENT = "tests/events/charge.json"


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    made = Pulumi.make(tmp_path)
    monkeypatch.setenv("PATH", f"{made.path}{os.pathsep}{os.environ['PATH']}")
    return made


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`python -m local.invoke`, and what it says when it refuses."""
    monkeypatch.chdir(ROOT)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["invoke", *arguments, EVENT])
        with pytest.raises(SystemExit) as ended:
            main()
        return str(ended.value.code)

    return run


def test_a_protected_stack_wants_its_name(pulumi: Pulumi, refusal: Callable[..., str]) -> None:
    pulumi.shows({**PROTECTED, "functions": {"sweep": "penstock-prod-sweep"}})
    named = ("--stack", "prod", "--confirm", "prod", "charge")

    assert refusal("--stack", "prod", "charge").endswith("add CONFIRM=prod")
    assert "FUNCTION is one of sweep" in refusal(*named)


def test_another_stack_has_its_own_functions(pulumi: Pulumi, refusal: Callable[..., str]) -> None:
    pulumi.shows({**OPEN, "functions": {"sweep": "penstock-dev-sweep"}})

    assert "penstock: FUNCTION is one of sweep" == refusal("--stack", "dev", "charge")


def test_a_stack_on_aws_is_asked_in_its_own_region_and_not_at_the_emulator() -> None:
    session = session_of({"region": "eu-west-1"})

    assert "eu-west-1" == session.region_name
    assert not isinstance(session, EmulatorSession)
