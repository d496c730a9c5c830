"""Finding the `pulumi` command, or building it from the modules that go.mod and go.sum pin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_SDK = "github.com/pulumi/pulumi/sdk/v3"


class EngineError(Exception):
    """There is no engine, and none can be built; the message says what to do."""


def find() -> Path | None:
    """The `pulumi` on the PATH, or the one that was built before; None if there is neither."""
    if installed := shutil.which("pulumi"):
        return Path(installed)
    built = cached()
    return built if os.access(built, os.X_OK) else None


def cached() -> Path:
    """Where the built one lies: outside the checkout, so that it is built once per version."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "penstock" / "engine" / version() / "pulumi"


def version() -> str:
    """The version that is pinned, as in `v3.1.0`."""
    pinned = re.search(rf"{re.escape(_SDK)} (v\S+)", (HERE / "go.mod").read_text())
    if pinned is None:
        raise EngineError(f"go.mod does not pin {_SDK}")
    return pinned[1]


def build() -> Path:
    """
    Build the engine into the cache: some 5 minutes, once.

    Raises:
        EngineError: Go is not installed, or the build fails.
    """
    if shutil.which("go") is None:
        raise EngineError(
            "there is neither pulumi nor go: install one of them (pulumi.com/docs/install, "
            "go.dev/doc/install)"
        )
    target = cached()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        for name in ("go.mod", "go.sum"):
            shutil.copy(HERE / name, folder)
        done = subprocess.run(  # noqa: S603 - our own command
            _command(), cwd=folder, env={**os.environ, "CGO_ENABLED": "0"}, check=False
        )
        if done.returncode:
            raise EngineError("the engine could not be built (see above)")
        # Whole or not at all: another build may run beside this one.
        Path(folder, "pulumi").replace(target)
    return target


def _command() -> list[str]:
    stamp = f"{_SDK}/go/common/version.Version={version()}"
    # Read-only: what is not pinned here, hashes included, is not built.
    flags = ["-mod=readonly", "-trimpath", "-tags", "osusergo grpcnotrace"]
    return ["go", "build", *flags, "-ldflags", f"-s -w -X {stamp}", "-o", "pulumi", COMMAND]
