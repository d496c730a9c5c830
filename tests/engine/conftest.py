"""What a stack of the real engine stands on: an emulator, simulators, zips, and the engine."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra import bundle
from infra.config.project import ROOT
from infra.engine import EngineError, build, find, host
from local.emulator import PYTHON, Emulator
from local.simulators import Running, simulators
from local.workspace import Workspace
from tests.e2e.conftest import in_background

_UNUSED = ("build", "dist", "tests", "docs", "benchmarks")


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What is there before a stack is.

    Attributes:
        zips: the functions' zips, made for the emulator and these simulators.
        project: the project as it was when they were made.
    """

    workspace: Workspace
    emulator: Emulator
    simulators: Mapping[str, Running]
    zips: Path
    project: Path


@pytest.fixture(scope="session")
def engine() -> Path:
    """The `pulumi` command."""
    try:
        return find() or build()
    except EngineError as exc:
        pytest.fail(f"{exc}, then run `make engine`", pytrace=False)


@pytest.fixture(scope="session")
def language_host() -> Path:
    """What the `pulumi` command starts to run a program of Python's."""
    try:
        return host.find() or host.build()
    except EngineError as exc:
        pytest.fail(f"{exc}, then run `make engine`", pytrace=False)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One for all stacks: they keep out of each other's way."""
    if not PYTHON.exists():
        pytest.fail("the emulator is not installed: run `make setup`", pytrace=False)
    with in_background(_ground(Workspace(tmp_path_factory.mktemp("ground")))) as standing:
        yield standing


def _left_behind(folder: str, names: list[str]) -> set[str]:
    """What the engine does not read; a folder of that name deeper inside is one of ours."""
    unused = {one for one in names if one.startswith(".") or one == "__pycache__"}
    return unused | ({*_UNUSED} & {*names} if Path(folder) == ROOT else set())


@asynccontextmanager
async def _ground(workspace: Workspace) -> AsyncIterator[Ground]:
    async with simulators(
        workspace, {name: name for name in ("paypal", "example", "slack")}
    ) as running:
        profile = {name: dict(one.told.profile) for name, one in running.items()}
        written = workspace.write_private(workspace.folder / "profile.json", profile)
        zips, project = workspace.part("zips"), workspace.root / "project"
        shutil.copytree(ROOT, project, ignore=_left_behind)
        emulator, _ = await asyncio.gather(
            asyncio.to_thread(
                Emulator.start, workspace.folder / "emulator", port=workspace.port("emulator")
            ),
            asyncio.to_thread(bundle.build, "local", zips, written),
        )
        try:
            yield Ground(workspace, emulator, running, zips, project)
        finally:
            await asyncio.to_thread(emulator.stop)
