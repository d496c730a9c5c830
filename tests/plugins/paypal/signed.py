"""A world whose deliveries PayPal signs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock_paypal.simulator.authority import Authority
from tests.plugins.paypal.signing import SENT, World


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(SENT - timedelta(days=30))


@pytest.fixture
def world(authority: Authority) -> World:
    return World.of(authority)
