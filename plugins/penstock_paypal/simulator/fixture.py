"""
A pytest plugin: `pytest_plugins = ["penstock_paypal.simulator.fixture"]`.

The fixture `paypal_simulator` is a simulated PayPal of the test's own, served by a thread of its
own, so that tests of any kind can use it; docs/simulator.md has an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock_paypal.simulator.threaded import RunningPayPal, threaded


@pytest.fixture(scope="session")
def _paypal_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys for the whole run: making them takes time."""
    return tmp_path_factory.mktemp("paypal-simulator")


@pytest.fixture
def paypal_simulator(_paypal_keys: Path) -> Iterator[RunningPayPal]:
    """A simulated PayPal that nothing has happened at yet."""
    with threaded(_paypal_keys) as simulator:
        yield simulator
