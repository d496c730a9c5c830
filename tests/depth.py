"""How long tests search: with PENSTOCK_DEEP (`make check-deep`) properties try more examples."""

from __future__ import annotations

import os

DEEP = bool(os.environ.get("PENSTOCK_DEEP"))
TIMES = 10


def examples(usual: int, deep: int | None = None) -> int:
    """How many examples a property tries: as many as usual, or `deep`, by default ten times."""
    return (deep or usual * TIMES) if DEEP else usual
