"""What a test must leave as it found it is looked at, and logging is put back."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from penstock import observability
from tests.leaving import changed, logging_restored, state

CHANGES: dict[str, Callable[[], object]] = {
    "the environment": lambda: os.environ.update(PENSTOCK_LEFT="1"),
    "the working directory": lambda: os.chdir(".."),
    "sys.path": lambda: sys.path.append("left"),
    "structlog's configuration": lambda: structlog.configure(processors=[]),
    "the level of the root logger": lambda: logging.root.setLevel(logging.ERROR),
    "the root logger's handlers": lambda: logging.root.addHandler(logging.NullHandler()),
}


@pytest.mark.parametrize("name", state())
def test_a_change_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENSTOCK_LEFT", "0")
    monkeypatch.setattr("sys.path", sys.path.copy())
    monkeypatch.setattr(logging.root, "handlers", logging.root.handlers.copy())
    with logging_restored():
        before = state()
        assert [] == changed(before, state())
        CHANGES[name]()

        assert [name] == changed(before, state())


def test_logging_is_put_back_as_it_was_even_after_a_failure() -> None:
    before = state()

    def fail() -> None:
        with logging_restored():
            observability.configure("INFO", "local")
            assert changed(before, state())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [] == changed(before, state())
