"""The tutorial of docs/plugins.md as a reader follows it: its files written, its commands run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.documents.commands import ROOT

_STEP = re.compile(r"^### \d", re.M)
_BLOCK = re.compile(r"^```(python|toml|yaml|sh)\n(.*?)^```", re.M | re.S)
_PATH = re.compile(r"# (\S+)\n")
BY_HAND = ("mkdir", "cd", ".", "make", "penstock trigger", "penstock queue", "penstock events")
"""What a test does in another way: folders, the environment, and the platform of `make run`."""


def steps() -> list[list[tuple[str, str]]]:
    """The blocks of each step, as language and content; the first is what comes before step 1."""
    page = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    tutorial = page.partition("\n## Tutorial\n")[2].partition("\n## ")[0]
    return [_BLOCK.findall(step) for step in _STEP.split(tutorial)]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who follows the tutorial in an empty folder."""

    folder: Path

    def follow(self, *, running: bool = True) -> Iterator[subprocess.CompletedProcess[str]]:
        """
        Take each step in its order, and yield what its commands said.

        Args:
            running: whether its commands are run, not only its files written.
        """
        for step in steps():
            for language, content in step:
                if language != "sh":
                    self.write(content)
                    continue
                for line in content.splitlines() if running else ():
                    if done := self.run(line):
                        yield done

    def write(self, content: str) -> None:
        """Write the file that a block is."""
        named = _PATH.match(content)
        assert named, f"a block without a path in its first line:\n{content}"
        path = self.folder / named[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")

    def run(self, line: str) -> subprocess.CompletedProcess[str] | None:
        """Run one command; None for what a test does in another way."""
        line = line.removeprefix(".venv/bin/")
        if line.startswith("pip install "):
            self.install()
            return None
        if line.startswith(BY_HAND):
            return None
        program, *words = shlex.split(line)
        modules = {"python": [], "pytest": ["-m", "pytest", "-p", "no:cacheprovider"]}
        modules["penstock"] = ["-m", "penstock.entrypoints.cli"]
        return self.python(*modules[program], *words)

    def install(self) -> None:
        """As pip does: metadata beside the package, with the entry points of its project."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        metadata = self.folder / f"{project['name']}-{project['version']}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        points = project["entry-points"]["penstock"].items()
        lines = "".join(f"{name} = {value}\n" for name, value in points)
        (metadata / "entry_points.txt").write_text(f"[penstock]\n{lines}")

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder, which is on its path."""
        environ = {**os.environ, "PYTHONPATH": str(self.folder), "COLUMNS": "200"}
        command = [sys.executable, *words]
        return subprocess.run(  # noqa: S603 - our own interpreter; the caller looks at the code
            command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )
