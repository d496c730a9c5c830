"""The documents' shell commands, and what make would run for one of them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
_SETUP = ("local/install.py", " -V ", "sys.version_info")


def documents() -> list[Path]:
    """Every page of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def commands(name: str) -> list[str]:
    """The commands in a page's shell blocks, without their comments."""
    blocks = _FENCE.findall((ROOT / name).read_text())
    lines = (re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def recipe(line: str) -> list[str]:
    """
    What `make …` runs, the set-up aside unless it is what was asked for.

    Raises:
        CalledProcessError: there is no such target.
    """
    kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    shown = subprocess.run(  # noqa: S603 - make, which only says what it would do
        ["make", "-n", *shlex.split(line)[1:]],  # noqa: S607 - the one a person would run
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = shown.stdout.splitlines()
    if "setup" in line.split():
        return lines
    return [one for one in lines if not any(word in one for word in _SETUP)]
