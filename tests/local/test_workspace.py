"""The platform's folder: addresses stay, and what may hold keys is this user's alone."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from local.emulator import EmulatorError, free_port
from local.workspace import Workspace


def test_a_port_stays_the_same_from_run_to_run(tmp_path: Path) -> None:
    first = Workspace(tmp_path).port("emulator")

    assert first == Workspace(tmp_path).port("emulator")
    assert first != Workspace(tmp_path).port("slack")


def test_a_port_is_none_that_the_system_gives_to_any_process_meanwhile(tmp_path: Path) -> None:
    """Linux gives those from 32768 on; a platform binds seconds later, and in later runs too."""
    made = Workspace(tmp_path)
    ports = [made.port(f"simulator-{number}") for number in range(50)]

    assert max(ports) < 32_768
    assert 50 == len(set(ports))


def test_a_port_that_somebody_has_or_that_is_meant_for_another_is_not_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    monkeypatch.setattr("local.emulator._UNASSIGNED", range(port, port + 1))
    monkeypatch.setattr("local.emulator._TRIES", 1)

    with pytest.raises(EmulatorError, match="no free port"):
        free_port(besides=[port])
    with socket.create_server(("127.0.0.1", port)), pytest.raises(EmulatorError, match="no free"):
        free_port()


def test_the_stacks_file_is_readable_by_its_owner_only_even_where_it_was_not(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path / "new")
    workspace.part().joinpath("stack.json").touch(0o644)

    written = workspace.write_private(workspace.stack_file, {"stack": "local"})

    assert 0o600 == stat.S_IMODE(written.stat().st_mode)
    assert {"stack": "local"} == json.loads(written.read_text())
