"""A pulumi for tests: a script that notes what it was asked, and shows the outputs it is given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROTECTED = {"queues": {}, "protected": True}
OPEN = {"queues": {}, "protected": False}
OLDER = {"queues": {}}
"""What a stack exports that code from before the output deployed."""


@dataclass(frozen=True, slots=True)
class Pulumi:
    """It notes what it was asked to do, and shows a stack's outputs."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Pulumi:
        """Write it into the folder; it shows a stack that is not protected."""
        program = folder / "bin" / "pulumi"
        program.parent.mkdir()
        program.write_text(
            "#!/bin/sh\n"
            f'if [ "$1" = stack ]; then exec cat {folder}/outputs; fi\n'
            f'echo "$@" >> {folder}/asked\n'
        )
        program.chmod(0o755)
        made = cls(folder)
        made.shows(OPEN)
        return made

    @property
    def path(self) -> Path:
        """The folder that belongs on PATH."""
        return self.folder / "bin"

    def shows(self, outputs: Mapping[str, Any] | None) -> None:
        """Have it show these outputs of any stack, or fail."""
        path = self.folder / "outputs"
        path.unlink(missing_ok=True)
        if outputs is not None:
            path.write_text(json.dumps(outputs))

    @property
    def asked(self) -> list[str]:
        """What it was asked to do, besides showing outputs."""
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []
