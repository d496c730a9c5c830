"""
Plain `pulumi up`, as a person runs it: the command line, its host for Python, the project's files.

Everything else about the engine is tried without the host (`test_engine`), which is faster.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.e2e.world import until
from tests.engine.conftest import Ground
from tests.engine.deployed import Deployed
from tests.engine.inventory import inventory
from tests.engine.overlay import overlay
from tests.engine.standing import Standing

pytestmark = [
    pytest.mark.engine,
    pytest.mark.emulator,
    pytest.mark.slow,
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
def clone(
    ground: Ground, engine: Path, language_host: Path, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """A copy of the project after `make setup` and `pulumi stack init dev`."""
    ground.emulator.reset()
    committed: dict[str, Any] = yaml.safe_load((ground.project / "Pulumi.dev.yaml").read_text())
    folder = tmp_path_factory.mktemp("clone")
    made = Deployed.copy("dev", ground.project, folder, engine, language_host)
    made.configure(overlay(ground, committed["config"]))
    (made.folder / ".venv").symlink_to(sys.prefix)
    made.said("stack", "init")
    return made


@pytest.fixture(scope="module")
def stack(clone: Deployed) -> Deployed:
    """The same, after `pulumi up`."""
    clone.said("up", "--yes")
    return clone


def test_a_key_nobody_knows_is_refused_by_name_before_anything_is_made(
    clone: Deployed, ground: Ground
) -> None:
    before = inventory(ground.emulator.url)
    clone.configure({"penstock:colour": "red"})
    try:
        said = clone.refused("up", "--yes")
    finally:
        clone.configure({"penstock:colour": None})

    assert "error: penstock:colour " in said
    assert "Traceback" not in said
    assert before == inventory(ground.emulator.url)


def test_a_stale_bundle_is_refused_with_the_command_to_run(
    clone: Deployed, ground: Ground
) -> None:
    before = inventory(ground.emulator.url)
    source = clone.folder / "runtime" / "penstock" / "errors.py"
    text = source.read_text()
    try:
        source.write_text(text + "# changed\n")
        said = clone.refused("up", "--yes")
    finally:
        source.write_text(text)

    assert "run `make build`" in said
    assert "Traceback" not in said
    assert before == inventory(ground.emulator.url)


def test_up_makes_the_stack_and_shows_its_outputs(stack: Deployed, ground: Ground) -> None:
    outputs = json.loads(stack.said("stack", "output", "--json"))

    assert "dev" == outputs["stack"]
    api = Standing(ground, stack, outputs).api_url

    def healthy() -> bool:
        return 200 == requests.get(f"{api}/health", timeout=60).status_code

    # Its first answers may come too late for the API: the function starts with them.
    until(healthy, what="an answer of the API")


def test_a_second_up_changes_nothing(stack: Deployed) -> None:
    stack.said("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_destroyed_nothing_is_left(stack: Deployed, ground: Ground) -> None:
    stack.said("destroy", "--yes", "--skip-preview")

    assert {} == inventory(ground.emulator.url)
