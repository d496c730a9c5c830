"""Building a command of a Go module, from just what a go.mod and a go.sum pin."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SDK = "github.com/pulumi/pulumi/sdk/v3"


class EngineError(Exception):
    """There is no engine, and none can be built; the message says what to do."""


def pinned(pins: Path, module: str = SDK) -> str:
    """The version that a folder's go.mod pins of a module, as in `v3.1.0`."""
    version = re.search(rf"{re.escape(module)} (v\S+)", (pins / "go.mod").read_text())
    if version is None:
        raise EngineError(f"{pins}/go.mod does not pin {module}")
    return version[1]


def compiled(pins: Path, command: str, target: Path) -> Path:
    """
    Build a command into a file: whole or not at all, as another build may run beside this one.

    Raises:
        EngineError: Go is not installed, or the build fails.
    """
    stamp = f"{SDK}/go/common/version.Version={pinned(pins)}"
    # Read-only: what is not pinned, hashes included, is not built.
    flags = ["-mod=readonly", "-trimpath", "-tags", "osusergo grpcnotrace"]
    flags += ["-ldflags", f"-s -w -X {stamp}"]
    target.parent.mkdir(parents=True, exist_ok=True)
    with _module(pins, target.parent) as folder:
        made = folder / target.name
        done = subprocess.run(  # noqa: S603 - our own command
            ["go", "build", *flags, "-o", made, command],  # noqa: S607 - whichever Go is installed
            cwd=folder,
            env={**os.environ, "CGO_ENABLED": "0"},
            check=False,
        )
        if done.returncode:
            raise EngineError(f"{target.name} could not be built (see above)")
        made.replace(target)
    return target


def sources(pins: Path, module: str = SDK) -> Path:
    """
    Where Go keeps the sources of a module that is pinned; fetched if they are not there.

    Raises:
        EngineError: Go is not installed, or cannot fetch them.
    """
    with tempfile.TemporaryDirectory() as beside, _module(pins, Path(beside)) as folder:
        done = subprocess.run(  # noqa: S603 - our own command
            ["go", "mod", "download", "-json", module],  # noqa: S607 - whichever Go is installed
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise EngineError(f"{module} could not be fetched: {done.stdout}{done.stderr}".strip())
    return Path(json.loads(done.stdout)["Dir"])


@contextmanager
def _module(pins: Path, beside: Path) -> Iterator[Path]:
    """A copy of the pins, for Go to work in."""
    if shutil.which("go") is None:
        raise EngineError(
            "there is neither pulumi nor go: install one of them (pulumi.com/docs/install, "
            "go.dev/doc/install)"
        )
    with tempfile.TemporaryDirectory(dir=beside) as folder:
        for name in ("go.mod", "go.sum"):
            shutil.copy(pins / name, folder)
        yield Path(folder)
