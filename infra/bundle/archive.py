"""Zips whose bytes depend on their content only."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

# The oldest a zip can hold; Pulumi's own archive writer stamps 1990 on everything.
_STAMP = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16


def write(path: Path, entries: Mapping[str, Path | bytes], level: int = 6) -> None:
    """Write a zip, or leave the one that is there as it is should that fail."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(entries.items()):
                info = zipfile.ZipInfo(name, _STAMP)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3  # Unix, wherever it is written
                info.external_attr = _MODE
                data = content.read_bytes() if isinstance(content, Path) else content
                archive.writestr(info, data, compresslevel=level)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
