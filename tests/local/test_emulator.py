"""The emulator process: it comes up, says what is wrong, and leaves nothing behind."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from local.emulator import Emulator, EmulatorError

pytestmark = pytest.mark.emulator


def members(group: int) -> set[int]:
    """Processes of a group that are not zombies."""
    found: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        state, pgrp = after_name[0], int(after_name[2])
        if pgrp == group and state != "Z":
            found.add(int(entry.parent.name))
    return found


def test_it_answers_once_started_and_nothing_of_it_is_left_once_stopped(tmp_path: Path) -> None:
    with Emulator.start(tmp_path / "emulator") as emulator:
        group = emulator.group
        assert len(members(group)) >= 2
        assert [] == emulator.mailbox()

    assert set() == members(group)


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(EmulatorError, match=f"port {port} .* is taken"):
            Emulator.start(tmp_path / "emulator", port=port)


def test_a_missing_installation_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="make setup"):
        Emulator.start(tmp_path / "emulator", python=tmp_path / "python")


def test_it_ends_with_whoever_started_it_even_by_kill_9(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import pathlib, sys
        from local.emulator import Emulator
        emulator = Emulator.start(pathlib.Path(sys.argv[1]))
        print(emulator.group, flush=True)
        sys.stdin.read()
        """
    )
    starter = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program, str(tmp_path / "emulator")],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    assert starter.stdin is not None
    group = int(starter.stdout.readline())
    leader = os.pidfd_open(group)

    starter.kill()
    starter.communicate()
    with open(leader, "rb", closefd=True):
        wait_until_over(leader)

    assert set() == members(group)


def wait_until_over(pidfd: int) -> None:
    """A process file descriptor becomes readable when the process ends."""
    readable, _, _ = select.select([pidfd], [], [], 15)
    assert [pidfd] == readable


def test_its_environment_holds_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setenv("AWS_PROFILE", "mine")

    with Emulator.start(tmp_path / "emulator") as emulator:
        environment = Path(f"/proc/{emulator.group}/environ").read_bytes()

    assert b"mine" not in environment
