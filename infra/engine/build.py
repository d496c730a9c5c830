"""Finding the `pulumi` command, or building it from the modules that go.mod and go.sum pin."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from infra.engine.modules import compiled, pinned

HERE = Path(__file__).resolve().parent
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"


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
    return pinned(HERE)


def build() -> Path:
    """
    Build the engine into the cache: some 5 minutes, once.

    Raises:
        EngineError: Go is not installed, or the build fails.
    """
    return compiled(HERE, COMMAND, cached())
