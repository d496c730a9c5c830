"""
Make the two environments: .venv for us, .venv-emulator for the emulator and nothing else.

Run before there is an environment, so the standard library is all it may use. Everything comes
from the locks, hashes checked. A stamp says what an environment was made from; a second run is
instant.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EDITABLE_STAMP = ".stamp-penstock"
PIP = ("-m", "pip", "install", "-q", "--disable-pip-version-check")


class CannotInstall(Exception):
    """The environments cannot be made; the message says what to do."""


def main() -> None:
    """Bring both environments up to date."""
    try:
        ours = _environment(".venv", "dev.txt")
        _editable(ours)
        _environment(".venv-emulator", "emulator.txt")
    except CannotInstall as exc:
        sys.exit(f"penstock: {exc}")


def _environment(name: str, lock_name: str) -> Path:
    """An environment that holds just what its lock names; made anew if it is another Python's."""
    folder, lock = ROOT / name, ROOT / "locks" / lock_name
    # An environment does not survive being moved, so its place is part of what it was made from.
    made_of = [str(folder), f"{sys.version_info.major}.{sys.version_info.minor}", _digest(lock)]
    stamp = folder / ".stamp"
    before = _read(stamp).splitlines()
    # Without a stamp it is `pulumi up`'s, which makes an empty one where it finds none.
    ours = before[:2] == made_of[:2] or (not before and Path(sys.prefix) == folder)
    usable = _python(folder).exists() and ours
    if usable and before == made_of:
        return folder
    print(f"penstock: installing locks/{lock_name} into {name}", flush=True)
    if not usable:
        _make_venv(folder)
    # What the lock does not name goes, and so does penstock itself.
    (folder / EDITABLE_STAMP).unlink(missing_ok=True)
    _install(folder, lock)
    stamp.write_text("\n".join(made_of))
    return folder


def _make_venv(folder: Path) -> None:
    if Path(sys.prefix) == folder:
        raise CannotInstall(f"{folder} was moved here: remove it and run again")
    shutil.rmtree(folder, ignore_errors=True)
    if not _quietly(sys.executable, "-m", "venv", folder):
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotInstall(
            "this Python has no working venv module (Debian, Ubuntu: apt install python3-venv)"
        )


def _install(folder: Path, lock: Path) -> None:
    """With uv, which takes seconds, or with pip, which knows its own configuration."""
    uv = _uv(folder)
    if uv:
        sync = (uv, "pip", "sync", "-q", "--require-hashes", "--python", _python(folder), lock)
        if _quietly(*sync):
            return
    if not _loudly(_python(folder), *PIP, "--require-hashes", "--no-deps", "-r", lock):
        raise CannotInstall(f"locks/{lock.name} could not be installed (see above)")


def _uv(folder: Path) -> Path | None:
    """The locked uv, its hash checked by pip, in a folder of its own; None if it is not there."""
    block = re.search(r"^uv==.*?(?=^\S|\Z)", _read(ROOT / "locks/dev.txt"), re.M | re.S)
    if block is None:
        return None
    home = ROOT / ".venv-uv"
    uv, installed = home / "bin" / "uv", home / "installed.txt"
    if uv.exists() and _read(installed) == block.group():
        return uv
    home.mkdir(exist_ok=True)
    wanted = home / "wanted.txt"
    wanted.write_text(block.group())
    target = ("--require-hashes", "--no-deps", "--upgrade", "--target", home)
    if not _quietly(_python(folder), *PIP, *target, "-r", wanted):
        return None
    wanted.replace(installed)
    return uv


def _editable(folder: Path) -> None:
    """Our own packages, importable from where they lie, with their entry points."""
    made_of = f"{ROOT}\n{_digest(ROOT / 'pyproject.toml')}"
    stamp = folder / EDITABLE_STAMP
    if _read(stamp) == made_of:
        return
    ours = ("--no-deps", "--no-build-isolation", "-e", ROOT)
    if not _loudly(_python(folder), *PIP, *ours):
        raise CannotInstall("penstock itself could not be installed (see above)")
    stamp.write_text(made_of)


def _quietly(*command: str | os.PathLike[str]) -> bool:
    return _run(command, capture=True)


def _loudly(*command: str | os.PathLike[str]) -> bool:
    return _run(command, capture=False)


def _run(command: tuple[str | os.PathLike[str], ...], *, capture: bool) -> bool:
    done = subprocess.run(command, cwd=ROOT, capture_output=capture, check=False)  # noqa: S603 - our own commands
    return done.returncode == 0


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    main()
