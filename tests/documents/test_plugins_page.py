"""The plugin printed in docs/plugins.md works exactly as it is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.commands import ROOT

_FENCE = re.compile(r'^```python\n("""([\w/]+\.py)"""\n.*?)^```', re.M | re.S)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, each named by its first line."""
    folder = tmp_path_factory.mktemp("printed")
    for content, name in _FENCE.findall((ROOT / "docs/plugins.md").read_text()):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    return folder


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)  # noqa: S603 - our own interpreter; the caller looks at the code


@pytest.mark.slow
def test_the_printed_plugin_passes_its_conformance_kit(printed: Path) -> None:
    made = python(printed, "penstock.testing.datafile", "acmepay")

    assert 0 == made.returncode, made.stderr
    options = ("-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto")
    sat = python(printed, "pytest", *options, "test_acmepay.py")

    assert 0 == sat.returncode, sat.stdout[-3000:] + sat.stderr
    assert re.search(r"^(3[6-9]|[4-9]\d) passed in ", sat.stdout, re.M), sat.stdout[-200:]


def test_the_names_of_the_kit_need_no_pytest_until_they_are_used() -> None:
    """
    Simulators import `penstock.testing`, too, and run where there is no pytest.
    """
    code = "import sys, penstock.testing.simulator; sys.exit('pytest' in sys.modules)"
    imported = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own interpreter

    assert 0 == imported.returncode


def test_every_name_that_the_kit_offers_is_there() -> None:
    import penstock.testing as kit

    assert all(hasattr(kit, name) for name in kit.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        kit.nothing_like_it  # noqa: B018 - looking it up is the test
