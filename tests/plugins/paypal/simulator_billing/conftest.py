"""A shop at the simulated PayPal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.plugins.paypal.simulator_billing.shop import Shop, opened


@pytest.fixture
async def shop(keys: Path) -> AsyncIterator[Shop]:
    async with opened(keys) as shop:
        yield shop
