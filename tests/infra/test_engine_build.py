"""Finding Pulumi's engine, and what is said where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.config.project import ROOT
from infra.engine import EngineError, build, find, host
from infra.engine.build import cached, version
from infra.engine.modules import pinned


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH and nothing in its cache; returns the PATH."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return path


def command(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_the_installed_engine_goes_before_the_built_one(nothing: Path) -> None:
    built = command(cached())
    before = find()
    installed = command(nothing / "pulumi")

    assert (built, installed) == (before, find())


def test_a_built_engine_is_kept_by_version_outside_the_checkout(
    nothing: Path, tmp_path: Path
) -> None:
    assert tmp_path / "cache" / "penstock" / "engine" / version() / "pulumi" == cached()
    assert find() is None


def test_without_go_it_says_in_one_line_what_to_install(nothing: Path) -> None:
    with pytest.raises(EngineError, match=r"neither pulumi nor go: install one of them") as said:
        build()

    assert "\n" not in str(said.value)


def test_without_go_a_pulumi_without_its_host_is_told_apart(nothing: Path) -> None:
    command(nothing / "pulumi")
    with pytest.raises(EngineError, match="this pulumi lacks its host for Python, and there is"):
        host.build()


def test_a_build_that_fails_leaves_no_engine(nothing: Path) -> None:
    command(nothing / "go").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(EngineError, match="could not be built"):
        build()

    assert find() is None


def built_host() -> Path:
    """All parts of a host that was built, made of nothing."""
    start = host.cached()
    folder = start.with_name(f"python-{pinned(host.HERE)}")
    command(folder / "pulumi-language-python-exec")
    command(folder / "pulumi-language-python").write_text('#!/bin/sh\necho "$@"\n')
    return host.write_start()


def test_the_host_that_pulumi_would_start_goes_before_the_built_one(nothing: Path) -> None:
    built = built_host()
    before = host.find()
    beside = command(nothing.parent / "pulumi" / "pulumi-language-python")
    command(beside.with_name("pulumi"))
    (nothing / "pulumi").symlink_to(beside.with_name("pulumi"))
    then = host.find()
    installed = command(nothing / "pulumi-language-python")

    assert (built, beside, installed) == (before, then, host.find())


@pytest.mark.parametrize("part", ["", "-exec"])
def test_half_a_host_is_none(nothing: Path, part: str) -> None:
    start = built_host()
    whole = host.find()
    (start.with_name(f"python-{pinned(host.HERE)}") / f"{start.name}{part}").unlink()

    assert (start, None) == (whole, host.find())


def test_the_host_is_told_of_the_projects_virtual_environment(
    nothing: Path, tmp_path: Path
) -> None:
    start = built_host()
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)

    def told(where: Path) -> list[str]:
        """What the host is started with in a folder."""
        done = subprocess.run(  # noqa: S603 - the script under test
            [start, "127.0.0.1:1"],
            cwd=where,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    assert [f"-root={tmp_path}", "-virtualenv=.venv", "127.0.0.1:1"] == told(tmp_path)
    assert ["127.0.0.1:1"] == told(nothing)
