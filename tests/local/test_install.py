"""Environments are made where there are none, and taken over from whom they may be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "local" / "install.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that no `make` made."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    made = [sys.executable, "-m", "venv", str(folder)]
    subprocess.run(made, check=True)  # noqa: S603 - our own interpreter
    return folder


@pytest.fixture
def checkout(tmp_path: Path, environment: Path) -> Path:
    """A checkout whose locks are empty, with a copy of that environment."""
    for name in ("dev.txt", "emulator.txt"):
        (tmp_path / "locks").mkdir(exist_ok=True)
        (tmp_path / "locks" / name).write_text("# nothing\n")
    (tmp_path / "local").mkdir()
    shutil.copy(SCRIPT, tmp_path / "local")
    (tmp_path / "pyproject.toml").write_text("")
    # What an environment imports lies where its `pyvenv.cfg` does: a copy is one of its own.
    shutil.copytree(environment, tmp_path / ".venv", symlinks=True)
    return tmp_path


def install(checkout: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own script
        [checkout / ".venv" / "bin" / "python", checkout / "local" / "install.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.slow
def test_an_empty_environment_that_pulumi_made_is_taken_over(checkout: Path) -> None:
    """`pulumi up` makes one where it finds none, and then lacks everything."""
    assert "was moved here" not in install(checkout)

    stamp = (checkout / ".venv" / ".stamp").read_text()
    assert str(checkout / ".venv") == stamp.splitlines()[0]


@pytest.mark.slow
def test_one_of_ours_that_was_moved_is_not(checkout: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (checkout / ".venv" / ".stamp").write_text(f"/elsewhere/.venv\n{version}\nabc")

    assert "was moved here: remove it and run again" in install(checkout)


@pytest.mark.slow
def test_penstock_itself_is_installed_again_after_the_lock_changed(checkout: Path) -> None:
    """
    An environment brought up to a lock holds what the lock names, which penstock is not among.
    """
    pyproject = sha256((checkout / "pyproject.toml").read_bytes()).hexdigest()
    stamp = checkout / ".venv" / ".stamp-penstock"
    stamp.write_text(f"{checkout}\n{pyproject}")

    assert "penstock itself could not be installed" in install(checkout)
    assert not stamp.exists()
