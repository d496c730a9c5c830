"""The folder the local platform keeps: ports, keys, zips, and what describes the stack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator import ROOT, free_port


@dataclass(frozen=True, slots=True)
class Workspace:
    """
    One platform's folder, beneath `root`.

    Ports are chosen once and kept: addresses stay the same from run to run, and with them the
    zips, which hold the addresses of the simulators.
    """

    root: Path = ROOT

    @property
    def folder(self) -> Path:
        """Where `penstock --stack local` looks, started anywhere under the root."""
        return self.root / ".penstock" / "local"

    def port(self, name: str) -> int:
        """The port of the emulator, a simulator or the server, on 127.0.0.1."""
        path = self.folder / "ports.json"
        ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if name not in ports:
            ports[name] = free_port(besides=ports.values())
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(ports, indent=2) + "\n")
        return ports[name]

    def part(self, *names: str) -> Path:
        """A folder inside, made if it is not there."""
        folder = self.folder.joinpath(*names)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def stack_file(self) -> Path:
        """What `penstock --stack local` reads."""
        return self.folder / "stack.json"

    def write_private(self, path: Path, content: Mapping[str, Any]) -> Path:
        """Write JSON that only this user can read: it may hold keys."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as file:
            json.dump(content, file, indent=2, sort_keys=True)
            file.write("\n")
        return path
