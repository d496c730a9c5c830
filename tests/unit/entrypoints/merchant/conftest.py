"""A stand with a provider of subscriptions, and a merchant's backend at each host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from penstock.entrypoints.http.tokens import mint
from tests.unit.entrypoints.hosts import HOSTS, bearer
from tests.unit.entrypoints.merchant.backend import Backend
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club


@pytest.fixture
def club() -> Club:
    return Club()


@pytest.fixture
def stand(club: Club) -> Stand:
    return Stand(club=club)


@pytest.fixture(params=list(HOSTS))
async def backend(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    async with HOSTS[request.param](stand) as made:
        yield Backend(made, await bearer(stand))


@pytest.fixture
async def ask_as(stand: Stand) -> AsyncIterator[Callable[[str], Awaitable[Backend]]]:
    """A backend of a client of its own."""
    async with HOSTS["serve"](stand) as ask:

        async def made(client: str) -> Backend:
            ids, now = stand.world.ids, stand.clock.now()
            kept, text = mint("a test", ids, now, client=client)
            await stand.world.tokens.put(kept)
            return Backend(ask, ("Authorization", f"Bearer {text}".encode()))

        yield made
