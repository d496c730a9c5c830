"""Fixtures of the tests of the Stripe plugin."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.plugins.stripe.account import Account, account


@pytest.fixture
async def stripe_account() -> AsyncIterator[Account]:
    async with account() as made:
        yield made
