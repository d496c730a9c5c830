"""A long command shows how far it is: a bar at a terminal, a counter elsewhere, else nothing."""

from __future__ import annotations

import os
import pty
import select
import sys
from collections.abc import Iterator

import pytest

from penstock.entrypoints.cli.progress import progress


def test_at_a_terminal_it_is_a_bar(monkeypatch: pytest.MonkeyPatch):
    seen, screen = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with os.fdopen(screen, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress("sending", 20) as tell:
            tell(5)
        stderr.flush()
        shown = "".join(_all_of(seen))
    os.close(seen)

    assert "sending" in shown
    assert "5/20" in shown
    assert "━" in shown


def _all_of(terminal: int) -> Iterator[str]:
    """What waits to be read of a terminal."""
    while select.select([terminal], [], [], 0)[0]:
        yield os.read(terminal, 65_536).decode()


def test_elsewhere_it_is_a_counter_that_has_its_time(capsys: pytest.CaptureFixture[str]):
    with progress("sending", 20, every=0) as tell:
        tell(5)
        tell(6)
    with progress("reading", every=0) as tell:
        tell(7)
    with progress("short") as tell:
        tell(1)
    told = capsys.readouterr()

    assert ("sending: 5 of 20\nsending: 6 of 20\nreading: 7\n", "") == (told.err, told.out)


def test_programs_are_shown_nothing(capsys: pytest.CaptureFixture[str]):
    with progress("sending", 20, shown=False, every=0) as tell:
        tell(5)

    assert ("", "") == tuple(capsys.readouterr())
