"""A plugin's secret in memory, for tests: it can be rotated, and counts how often it is read."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.adapters.secrets import KeptSecrets
from penstock.api.context import Clock, Secret


class MemorySecrets(KeptSecrets):
    """
    A secret that was written by hand.

    Attributes:
        reads: how often the secret was really read.
    """

    def __init__(self, clock: Clock, *versions: Mapping[str, str]) -> None:
        super().__init__(self._take, clock)
        self._versions = versions
        self.reads = 0

    def rotate(self, current: Mapping[str, str]) -> None:
        """Write a new current value; the one before stays good as the previous."""
        self._versions = (current, *self._versions[:1])

    async def _take(self) -> Secret:
        self.reads += 1
        return Secret(self._versions)
