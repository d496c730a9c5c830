"""Conformance of what remembers which sink had which event."""

from __future__ import annotations

import pytest

from penstock.ports import Attempts
from penstock.testing.clock import NOON


class AttemptsConformance:
    """Attempts keep these promises; override `attempts`."""

    @pytest.fixture
    def attempts(self) -> Attempts:
        """An empty store."""
        raise NotImplementedError("override the fixture attempts")

    async def test_nothing_was_delivered_at_first(self, attempts: Attempts) -> None:
        """
        An event that was never recorded has not been delivered.
        """
        assert not await attempts.delivered("slack", "event-1")

    async def test_what_was_recorded_was_delivered(self, attempts: Attempts) -> None:
        """
        A recorded delivery is known from then on, however often it is recorded.
        """
        await attempts.record("slack", "event-1", NOON)
        await attempts.record("slack", "event-1", NOON)

        assert await attempts.delivered("slack", "event-1")

    async def test_each_sink_has_its_own_record(self, attempts: Attempts) -> None:
        """
        One sink's delivery says nothing of another sink or event.
        """
        await attempts.record("slack", "event-1", NOON)

        assert not await attempts.delivered("email", "event-1")
        assert not await attempts.delivered("slack", "event-2")
