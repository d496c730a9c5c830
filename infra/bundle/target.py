"""Where a zip is to run: on AWS, or on the emulator under this interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Target = Literal["local", "aws"]

AWS_PYTHON = "3.13"
# Amazon Linux 2023 has glibc 2.34, so all of these run there [aws].
AWS_PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64")


class BundleError(Exception):
    """A zip cannot be built; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Platform:
    """
    What a target's zips are made for.

    Attributes:
        python: the interpreter that compiles for it, of the same version: another's `.pyc` are
            not read. None if there is none here, and the zips hold sources only.
        version: that version, as `3.13`.
        pip: pip's options that choose its wheels.
        uv: the same for uv.
        level: how hard to compress: where a zip only crosses the room, time counts, not size.
    """

    target: Target
    python: Path | None
    version: str
    pip: tuple[str, ...] = ()
    uv: tuple[str, ...] = ()
    level: int = 1


def platform(target: Target) -> Platform:
    """The platform of a target."""
    if target == "local":
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Platform(target, Path(sys.executable), version)
    abi = f"cp{AWS_PYTHON.replace('.', '')}"
    choice = ["--implementation", "cp", "--python-version", AWS_PYTHON, "--abi", abi]
    for name in AWS_PLATFORMS:
        choice += ["--platform", name]
    return Platform(
        target,
        interpreter(AWS_PYTHON),
        AWS_PYTHON,
        pip=tuple(choice),
        uv=("--python-version", AWS_PYTHON, "--python-platform", "aarch64-manylinux_2_28"),
        level=9,
    )


def interpreter(version: str) -> Path | None:
    """
    An interpreter of that version on this machine.

    None is downloaded: what can be relied on is the index of packages, and it has none.
    """
    find = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", version]
    found = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        find, capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        return Path(found.stdout.strip())
    # uv looks at what is on the path; pyenv keeps off it what is not chosen.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    return next(iter(sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)), None)
