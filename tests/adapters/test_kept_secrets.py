"""A secret is looked at seldom, whoever asks and whatever fails."""

from __future__ import annotations

import asyncio

import pytest

from penstock.adapters.secrets import KeptSecrets
from penstock.api import GatewayUnavailable, Secret
from penstock.testing.clock import FrozenClock


class Store:
    """Where the secret is: slow, and down when the test says so."""

    def __init__(self) -> None:
        self.reads = 0
        self.down = False

    async def read(self) -> Secret:
        self.reads += 1
        await asyncio.sleep(0)
        if self.down:
            raise GatewayUnavailable("down")
        return Secret(({"key": f"value-{self.reads}"},))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def secrets(store, clock) -> KeptSecrets:
    return KeptSecrets(store.read, clock)


async def test_whoever_asks_meanwhile_gets_the_same_reading(secrets, store):
    """
    Twenty at once, asking or looking again, cause one read.
    """
    answers = await asyncio.gather(
        *(secrets.get() for _ in range(10)), *(secrets.refresh() for _ in range(10))
    )

    assert 1 == store.reads
    assert {("value-1",)} == {answer.values("key") for answer in answers}


async def test_a_failed_look_counts_as_one(secrets, store, clock):
    """
    While the store is down, forged requests still cause one read a minute.
    """
    await secrets.get()
    clock.advance(60)
    store.down = True
    with pytest.raises(GatewayUnavailable):
        await secrets.refresh()

    for _ in range(10):
        with pytest.raises(GatewayUnavailable):
            await secrets.refresh()

    assert 2 == store.reads


async def test_a_value_that_is_known_does_not_stand_for_one_that_could_not_be_read(
    secrets, store, clock
):
    """
    A delivery signed for a new webhook id must wait for it, and not fail against the old one.
    """
    await secrets.get()
    clock.advance(60)
    store.down = True
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            await secrets.refresh()
    store.down = False
    clock.advance(60)

    assert ("value-3",) == (await secrets.refresh()).values("key")


async def test_a_failed_look_takes_nothing_away(secrets, store, clock):
    """
    What was read less than five minutes ago is good while the store is down.
    """
    await secrets.get()
    clock.advance(299)
    store.down = True
    with pytest.raises(GatewayUnavailable):
        await secrets.refresh()

    assert ("value-1",) == (await secrets.get()).values("key")


async def test_an_old_reading_is_not_passed_off_as_good(secrets, store, clock):
    """
    After five minutes a value that cannot be confirmed is not used: it may have been revoked.
    """
    await secrets.get()
    clock.advance(300)
    store.down = True

    with pytest.raises(GatewayUnavailable):
        await secrets.get()
    store.down = False
    assert ("value-3",) == (await secrets.get()).values("key")
