"""The project: its name, its folder, and the error that stops a deployment."""

from __future__ import annotations

from pathlib import Path

from pulumi import RunError

PROJECT = "penstock"
ROOT = Path(__file__).resolve().parents[2]
PROJECT_FILE = ROOT / "Pulumi.yaml"


class ConfigError(RunError):
    """
    A configuration that cannot be deployed: one line per key, each with its remedy.

    Pulumi prints an error of this kind without a traceback.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
