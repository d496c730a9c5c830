"""Finding Pulumi's engine, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.engine import EngineError, build, find
from infra.engine.build import cached, version


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


def test_a_build_that_fails_leaves_no_engine(nothing: Path) -> None:
    command(nothing / "go").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(EngineError, match="could not be built"):
        build()

    assert find() is None
