"""A gateway of a plugin author's own, installed beside the project's for another process."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent


def installed(site: Path) -> str:
    """A search path on which the package `teller` is installed, with its metadata in `site`."""
    metadata = site / "teller-1.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: teller\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[penstock]\nteller = teller\n")
    return os.pathsep.join((str(site), str(HERE)))
