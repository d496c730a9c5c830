"""The test printed in docs/simulator.md passes exactly as it is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.commands import ROOT

_FENCE = re.compile(r'^```python\n("""([\w/]+\.py)"""\n.*?)^```', re.M | re.S)


@pytest.mark.slow
def test_the_printed_test_passes(tmp_path: Path) -> None:
    ((content, name),) = _FENCE.findall((ROOT / "docs/simulator.md").read_text())
    (tmp_path / name).write_text(content)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    made = subprocess.run(  # noqa: S603 - our own interpreter
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert 0 == made.returncode, made.stdout[-3000:] + made.stderr
    assert re.search(r"^1 passed in ", made.stdout, re.M)
