"""Conformance of what remembers which sink had which event."""

from __future__ import annotations

import pytest

from penstock.ports import Attempts, Trouble
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

    async def test_the_first_try_of_a_message_is_remembered(self, attempts: Attempts) -> None:
        """
        Later tries are told when the first one was; each message of each sink has its own.
        """
        first, later = NOON.replace(microsecond=1), NOON.replace(day=5)

        assert first == await attempts.first_tried("webhook", "message-1", first)
        assert first == await attempts.first_tried("webhook", "message-1", later)
        assert later == await attempts.first_tried("webhook", "message-2", later)
        assert later == await attempts.first_tried("slack", "message-1", later)
        assert not await attempts.delivered("webhook", "message-1")

    async def test_an_endpoint_is_well_at_first(self, attempts: Attempts) -> None:
        """
        Nothing is wrong with the endpoint of a sink that nothing was noted of.
        """
        assert await attempts.trouble("webhook") is None

    async def test_what_is_wrong_with_an_endpoint_is_known_until_it_is_over(
        self, attempts: Attempts
    ) -> None:
        """
        The latest note counts, to the microsecond; each sink has its own, apart from deliveries.
        """
        later, before = NOON.replace(microsecond=1), None
        for trouble in (Trouble(NOON), Trouble(NOON, later, "410 Gone"), None, Trouble(later)):
            assert await attempts.note("webhook", trouble, before=before)
            assert trouble == await attempts.trouble("webhook")
            before = trouble

        assert await attempts.trouble("slack") is None
        assert not await attempts.delivered("webhook", "event-1")

    async def test_a_note_that_another_worker_has_overtaken_changes_nothing(
        self, attempts: Attempts
    ) -> None:
        """
        A note names what was wrong before; if that is not so any more, the other note counts.
        """
        later = NOON.replace(microsecond=1)
        states = (None, Trouble(NOON), Trouble(later), Trouble(NOON, later, "410 Gone"))
        current: Trouble | None = None
        for state in states:
            assert await attempts.note("webhook", state, before=current)
            current = state
            for other in states:
                if other != state:
                    assert not await attempts.note("webhook", Trouble(later, later), before=other)
                    assert state == await attempts.trouble("webhook")
