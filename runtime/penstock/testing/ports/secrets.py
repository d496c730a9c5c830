"""Conformance of a plugin's secret: two versions good at once, looked at seldom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

import pytest

from penstock.api.context import Secrets
from penstock.testing.clock import FrozenClock


class Vault(Protocol):
    """Where the secret of the test lives, and how a person changes it."""

    @property
    def secrets(self) -> Secrets:
        """The plugin's view of it, on `clock`."""
        ...

    @property
    def clock(self) -> FrozenClock:
        """The time."""
        ...

    @property
    def reads(self) -> int:
        """How often its current version was really read."""
        ...

    async def write(self, fields: Mapping[str, str]) -> None:
        """Write a new current version; the one before becomes the previous one."""
        ...


class SecretsConformance:
    """Secrets keep these promises; override `vault`."""

    @pytest.fixture
    def vault(self) -> Vault:
        """A secret that has one version: {"key": "one"}."""
        raise NotImplementedError("override the fixture vault")

    async def test_a_first_version_is_good_alone(self, vault: Vault) -> None:
        """
        A secret that never rotated has one value for a field.
        """
        assert ("one",) == (await vault.secrets.get()).values("key")

    async def test_during_a_rotation_both_versions_are_good(self, vault: Vault) -> None:
        """
        The current value comes first, then the previous one; a field may be in one only.
        """
        await vault.write({"key": "two", "extra": "new"})

        secret = await vault.secrets.get()

        assert ("two", "one") == secret.values("key")
        assert ("new",) == secret.values("extra")

    async def test_a_reading_is_kept_for_five_minutes(self, vault: Vault) -> None:
        """
        Before five minutes are over nothing is read; then it is.
        """
        await vault.secrets.get()
        await vault.write({"key": "two"})
        vault.clock.advance(299)

        assert ("one",) == (await vault.secrets.get()).values("key")
        vault.clock.advance(1)
        assert ("two", "one") == (await vault.secrets.get()).values("key")

    async def test_a_refresh_looks_at_once_and_then_not_for_a_minute(self, vault: Vault) -> None:
        """
        A thousand forged requests cause one read a minute.
        """
        await vault.secrets.get()
        vault.clock.advance(60)
        await vault.write({"key": "two"})
        assert ("two", "one") == (await vault.secrets.refresh()).values("key")
        reads = vault.reads
        await vault.write({"key": "three"})
        vault.clock.advance(59)
        for _ in range(1000):
            await vault.secrets.refresh()

        assert reads == vault.reads
        vault.clock.advance(1)
        assert ("three", "two") == (await vault.secrets.refresh()).values("key")

    async def test_what_a_refresh_found_is_what_get_gives(self, vault: Vault) -> None:
        """
        After a refresh everybody has the new values.
        """
        await vault.secrets.get()
        vault.clock.advance(60)
        await vault.write({"key": "two"})
        await vault.secrets.refresh()

        assert ("two", "one") == (await vault.secrets.get()).values("key")

    async def test_many_at_once_read_it_once(self, vault: Vault) -> None:
        """
        Whoever asks while it is being read gets that reading.
        """
        answers = await asyncio.gather(*(vault.secrets.get() for _ in range(20)))

        assert 1 == vault.reads
        assert {("one",)} == {answer.values("key") for answer in answers}
