"""Which files begin first: those that take long, so that no worker is left with one at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONG = (
    # Minutes each on two cores.
    "tests/e2e/test_run.py",
    "tests/engine/test_engine.py",
    "tests/e2e/test_operators_night.py",
    # About one minute.
    "tests/e2e/test_outages.py",
    "tests/e2e/test_instances.py",
    "tests/engine/test_command_line.py",
    "tests/infra/test_bundle.py",
    "tests/infra/test_provision.py",
    "tests/e2e/test_alarm_chain.py",
    "tests/e2e/test_runbook_runs.py",
    "tests/e2e/test_doctor.py",
    "tests/e2e/test_refusals.py",
    # More than the time of a usual file, without what is slow.
    "tests/contract/test_live_at_length.py",
    "tests/e2e/test_flow.py",
    "tests/documents/test_simulator_page.py",
    "tests/simulation/test_restore.py",
)
"""The longest first; all others follow by name. Without `slow` a file is as long as the rest."""
_PLACES = {name: place for place, name in enumerate(LONG)}


def begins(item: pytest.Item) -> int:
    """The place of a test's file in the order."""
    return _PLACES.get(item.path.relative_to(ROOT).as_posix(), len(LONG))
