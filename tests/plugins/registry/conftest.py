"""Fixtures of the tests of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.registry.mistaken import Write


@pytest.fixture
def package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Write:
    """Writes a package `acme…` of its own for each test, and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"acme{abs(hash(request.node.nodeid)):x}"

    def write(**files: str) -> str:
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / f"{file}.py").write_text(text.replace("PACKAGE", name))
        return name

    return write
