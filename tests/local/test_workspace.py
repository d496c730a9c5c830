"""The platform's folder: addresses stay, and what may hold keys is this user's alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from local.workspace import Workspace


def test_a_port_stays_the_same_from_run_to_run(tmp_path: Path) -> None:
    first = Workspace(tmp_path).port("emulator")

    assert first == Workspace(tmp_path).port("emulator")
    assert first != Workspace(tmp_path).port("slack")


def test_the_stacks_file_is_readable_by_its_owner_only_even_where_it_was_not(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path / "new")
    workspace.part().joinpath("stack.json").touch(0o644)

    written = workspace.write_private(workspace.stack_file, {"stack": "local"})

    assert 0o600 == stat.S_IMODE(written.stat().st_mode)
    assert {"stack": "local"} == json.loads(written.read_text())
