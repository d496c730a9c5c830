"""How a command ends: its exit codes, and what is asked on a protected stack."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import REGION
from penstock.entrypoints.cli.tree import app
from tests.contract.cli.commands import Shows, penstock, write

DESTRUCTIVE = [
    ["queue", "purge", "payments", "--because", "a test", "--yes"],
    ["queue", "send", "payments"],
    ["tokens", "revoke", "0123456789abcdef"],
    ["invoices", "make", "p-1", "--because", "asked for"],
]
GUARDED = [*DESTRUCTIVE, ["listen"], ["subscriptions", "import"]]
"""Those that ask for a protected stack's name."""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Types a line at the terminal of the command that comes next."""
    keyboard, screen = pty.openpty()

    def type_line(line: str) -> None:
        os.write(keyboard, f"{line}\n".encode())

    with os.fdopen(screen) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield type_line
    os.close(keyboard)


def code(*arguments: str) -> int:
    """How the command ends, with this process's own input."""
    with pytest.raises(SystemExit) as ended:
        app(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code


class TestErrors:
    def test_without_a_stack_it_is_one_line_and_code_3(self, folder: Path):
        result = penstock("queue", "depth")

        assert (3, 1) == (result.exit_code, len(result.stderr.splitlines()))
        assert "make run" in result.stderr

    def test_a_stack_that_gives_no_answer_is_one_line_and_code_6(self, folder: Path):
        aws = {
            "endpoint_url": "http://127.0.0.1:9",
            "region": REGION,
            "access_key_id": "test",
            "secret_access_key": "test",
        }
        write(folder, aws=aws)
        result = penstock("payments", "show", "p-1")

        assert (6, 1) == (result.exit_code, len(result.stderr.splitlines()))

    @pytest.mark.parametrize("outputs", [{"protected": True}, {}], ids=["protected", "older"])
    @pytest.mark.parametrize("arguments", GUARDED, ids=" ".join)
    @pytest.mark.parametrize("name", ["production", "prod"])
    def test_nothing_is_lost_or_moved_on_a_protected_stack_without_its_name(
        self, pulumi: Shows, arguments: list[str], outputs: dict[str, Any], name: str
    ):
        """
        Whatever it is called. A stack that does not say whether it is protected counts as such.
        """
        pulumi(**outputs)
        plain = penstock("--stack", name, *arguments)
        other = penstock("--stack", name, *arguments, "--confirm", "dev")

        for result in (plain, other):
            assert (5, 1) == (result.exit_code, len(result.stderr.splitlines()))
            assert f"--confirm {name}" in result.stderr

    @pytest.mark.parametrize("arguments", DESTRUCTIVE, ids=" ".join)
    def test_with_its_name_the_command_goes_on(self, pulumi: Shows, arguments: list[str]):
        """
        As on a stack that is not protected: as far as AWS, which does not answer here.
        """
        pulumi(protected=True)
        meant = penstock("--stack", "production", *arguments, "--confirm", "production")
        pulumi(protected=False)
        unprotected = penstock("--stack", "production", *arguments)

        assert (6, 6) == (meant.exit_code, unprotected.exit_code)

    def test_at_a_terminal_the_name_is_asked_for(
        self, pulumi: Shows, terminal: Callable[[str], None]
    ):
        pulumi(protected=True)
        purge = (
            "--stack",
            "production",
            "queue",
            "purge",
            "payments",
            "--because",
            "a test",
            "--yes",
        )
        codes: list[int] = []
        for typed in ("dev", "production"):
            terminal(typed)
            codes.append(code(*purge))

        assert [5, 6] == codes

    def test_a_stack_is_asked_of_pulumi_once_a_command(self, pulumi: Shows, folder: Path):
        pulumi(protected=True)
        penstock(
            "--stack",
            "live",
            "queue",
            "purge",
            "payments",
            "--because",
            "a test",
            "--yes",
            "--confirm",
            "live",
        )

        assert ["stack output --json --stack live"] == (folder / "asked").read_text().splitlines()

    @pytest.mark.parametrize("name", ["--help", "../prod", "PROD"])
    def test_a_stacks_name_is_a_plain_name(self, folder: Path, name: str):
        assert 2 == penstock(f"--stack={name}", "queue", "depth").exit_code

    def test_a_wrong_option_is_code_2(self):
        assert 2 == penstock("events", "list", "--limit", "0").exit_code

    def test_trigger_is_local_only(self, folder: Path):
        result = penstock("--stack", "dev", "trigger")

        assert (5, 1) == (result.exit_code, len(result.stderr.splitlines()))

    def test_trigger_without_a_simulator_says_so(self, folder: Path):
        write(folder)

        assert 3 == penstock("trigger").exit_code
