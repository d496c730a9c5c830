"""What the zips in a folder were made of, and whether that is what the sources are now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.bundle.dependencies import LOCK
from infra.config.plugins import Plugin
from infra.config.project import ROOT

RUNTIME = ROOT / "runtime"
CONTRACTS = ROOT / "contracts"
_FILE = ".bundle"


@dataclass(frozen=True, slots=True)
class Stamp:
    """
    What lies beside the zips of a build.

    Attributes:
        target: what they are made for, "aws" or "local".
        sources: a fingerprint of the sources; empty while a build is not at its end.
        rest: a fingerprint of everything else that decided their bytes.
    """

    target: str
    sources: str
    rest: str


def read(folder: Path) -> Stamp | None:
    """The stamp of a folder; None if no build of ours wrote its zips."""
    try:
        return Stamp(**json.loads((folder / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def record(folder: Path, stamp: Stamp) -> None:
    """Write the stamp of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(json.dumps(asdict(stamp)))


def sources(plugins: Sequence[Plugin]) -> str:
    """A fingerprint of all that zips are made of, wherever the checkout lies."""
    digest = hashlib.sha256()
    for name, path in sorted(_files(plugins)):
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(plugins: Sequence[Plugin]) -> Iterator[tuple[str, Path]]:
    yield LOCK.name, LOCK
    folders = [
        RUNTIME / "penstock",
        CONTRACTS,
        Path(__file__).parent,
        *(p.folder for p in plugins),
    ]
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(folder.parent).as_posix(), path
