"""docs/limits.md names the limits and times that are built in, with the values of the code."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.documents.commands import ROOT

PAGE = (ROOT / "docs" / "limits.md").read_text()
_ROW = re.compile(r"^\| ([\d,.]+)(?: ([a-z]+?)s?)? \| [^|]+ \| `([\w/]+)\.py` `(\w+)` \|$", re.M)
_SECONDS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "": 1}
ROWS = [
    (f"{module}.{name}", float(number.replace(",", "")) * _SECONDS[unit])
    for number, unit, module, name in _ROW.findall(PAGE)
]


def in_code(where: str) -> float:
    """A constant's value; a time's in seconds."""
    module, _, name = where.rpartition(".")
    package = module if module.startswith("penstock_paypal") else f"penstock/{module}"
    value = getattr(importlib.import_module(".".join(Path(package).parts)), name)
    return value.total_seconds() if isinstance(value, timedelta) else value


@pytest.mark.parametrize(("where", "value"), ROWS, ids=[where for where, _ in ROWS])
def test_a_limit_is_what_the_page_says(where: str, value: float) -> None:
    assert value == in_code(where)


def test_every_row_of_the_page_is_read() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]

    assert len(lines) == len(ROWS)
