"""Conformance of the store of watermarks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.ports import Watermark, Watermarks
from penstock.testing.clock import NOON

FIRST = Watermark(NOON, NOON, NOON)
SECOND = Watermark(NOON + timedelta(minutes=10, microseconds=1), NOON, NOON)


class WatermarksConformance:
    """Watermarks keep these promises; override `watermarks`."""

    @pytest.fixture
    def watermarks(self) -> Watermarks:
        """An empty store."""
        raise NotImplementedError("override the fixture watermarks")

    async def test_the_first_watermark_is_kept_for_its_gateway_only(
        self, watermarks: Watermarks
    ) -> None:
        """
        Before it there is none.
        """
        assert await watermarks.get("acme") is None
        assert await watermarks.move("acme", None, FIRST)

        assert FIRST == await watermarks.get("acme")
        assert await watermarks.get("other") is None

    async def test_a_watermark_moves_from_the_one_that_is_known(
        self, watermarks: Watermarks
    ) -> None:
        """
        To the microsecond.
        """
        await watermarks.move("acme", None, FIRST)

        assert await watermarks.move("acme", FIRST, SECOND)
        assert SECOND == await watermarks.get("acme")

    async def test_of_two_moves_from_one_watermark_the_first_counts(
        self, watermarks: Watermarks
    ) -> None:
        """
        The second is refused, and changes nothing.
        """
        await watermarks.move("acme", None, FIRST)
        await watermarks.move("acme", FIRST, SECOND)
        third = Watermark(NOON + timedelta(hours=1), NOON, NOON)

        assert not await watermarks.move("acme", FIRST, third)
        assert not await watermarks.move("acme", None, third)
        assert SECOND == await watermarks.get("acme")

    async def test_how_far_a_look_back_got_is_part_of_a_watermark(
        self, watermarks: Watermarks
    ) -> None:
        """
        It is kept, it ends, and a move from another one is refused.
        """
        looking = replace(FIRST, looked_back_to=NOON - timedelta(hours=2))
        await watermarks.move("acme", None, FIRST)

        assert await watermarks.move("acme", FIRST, looking)
        assert looking == await watermarks.get("acme")
        assert not await watermarks.move("acme", FIRST, SECOND)
        assert await watermarks.move("acme", looking, SECOND)
        assert SECOND == await watermarks.get("acme")
