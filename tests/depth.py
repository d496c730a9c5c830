"""How long tests search: with PENSTOCK_DEEP (`make check-deep`) properties try more examples."""

from __future__ import annotations

import os

import pytest

DEEP = bool(os.environ.get("PENSTOCK_DEEP"))
TIMES = 10
LONG = pytest.mark.timeout(3600) if DEEP else pytest.mark.slow
"""Of a property that takes long: run by `make check`, and by `make check-deep` in its depth."""


def examples(usual: int, deep: int | None = None) -> int:
    """How many examples a property tries: as many as usual, or `deep`, by default ten times."""
    return (deep or usual * TIMES) if DEEP else usual
