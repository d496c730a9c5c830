"""
Pulumi's language host for Python, which `pulumi up` starts to run `__main__.py`.

The host of today is a Go module that Go's proxy does not offer. v3.79.0 is the last that is part
of the SDK's module, and today's engine still speaks its protocol but for one thing: it tells the
host of the project's virtual environment with each request, where that host wants to be told when
it is started. So a script starts it, and tells it. The other half, `pulumi-language-python-exec`,
is the Python program that runs ours: that is the one of the engine's own version.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from infra.engine.build import HERE as ENGINE
from infra.engine.build import cached as cached_engine
from infra.engine.build import find as find_engine
from infra.engine.modules import SDK, EngineError, compiled, pinned, sources

HERE = Path(__file__).resolve().parent
NAME = "pulumi-language-python"
COMMAND = f"{SDK}/python/cmd/{NAME}"
_EXECUTOR = f"{NAME}-exec"
# The engine starts it in the project's folder.
_START = """#!/bin/sh
venv=$(sed -n 's/^ *virtualenv: *//p' Pulumi.yaml 2>/dev/null)
exec "$(dirname "$0")/{host}" ${{venv:+-root="$PWD" -virtualenv="$venv"}} "$@"
"""


def find() -> Path | None:
    """The host that `pulumi` would start: an installed one, or the one that was built before."""
    if installed := shutil.which(NAME):
        return Path(installed)
    engine = find_engine()
    if engine and engine.resolve() != cached_engine().resolve():
        beside = engine.resolve().with_name(NAME)
        if os.access(beside, os.X_OK):
            return beside
    return cached() if _built() else None


def cached() -> Path:
    """Where the built one is started: beside the engine, where that looks for it."""
    return cached_engine().with_name(NAME)


def build() -> Path:
    """
    Build the host beside the engine: about a minute, once.

    Raises:
        EngineError: Go is not installed, or the build fails.
    """
    if shutil.which("go") is None and find_engine():
        raise EngineError(
            "this pulumi lacks its host for Python, and there is no go to build one: install "
            "pulumi whole (pulumi.com/docs/install), or go (go.dev/doc/install)"
        )
    compiled(HERE, COMMAND, _host())
    script = sources(ENGINE) / "python" / "cmd" / _EXECUTOR
    shutil.copy(script, _host().with_name(_EXECUTOR))
    return write_start()


def write_start() -> Path:
    """Write the script that starts the built host."""
    start = cached()
    start.write_text(_start())
    start.chmod(0o755)
    return start


def _host() -> Path:
    return cached().with_name(f"python-{pinned(HERE)}") / NAME


def _start() -> str:
    return _START.format(host=_host().relative_to(cached().parent))


def _built() -> bool:
    parts = (_host(), _host().with_name(_EXECUTOR), cached())
    return all(path.is_file() for path in parts) and cached().read_text() == _start()
