"""A copy of the checkout to put mutants into: the checkout itself is never changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy(folder: Path) -> Path:
    """The checkout's files as they are now, and its environments, in a folder of their own."""
    shown = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the checkout's own git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, shown.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for environment in ROOT.glob(".venv*"):
        (folder / environment.name).symlink_to(environment)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """What a process needs that is to import the copy, and not what is installed."""
    paths = os.pathsep.join(str(folder / name) for name in ("runtime", "plugins", "."))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": paths}
